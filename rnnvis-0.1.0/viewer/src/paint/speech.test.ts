import { describe, expect, it } from 'vitest';
import { contrast, DARK, distance, LIGHT } from './colour';
import { SPEECH, speechColour, speechLegend } from './speech';

type Triple = [number, number, number];

/** Machado, Oliveira and Fernandes (2009), full severity: usual sight, protanopia, deuteranopia, tritanopia. */
const SIGHTS: Triple[][] = [
  [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
];

function linear(hex: string): Triple {
  const channel = (at: number): number => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function seen(hex: string, sight: Triple[]): Triple {
  const rgb = linear(hex);
  const [r, g, b] = sight.map((row) =>
    Math.min(1, Math.max(0, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2])),
  ) as Triple;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

describe.each([LIGHT, DARK])('colours of parts of speech', (theme) => {
  const colours = speechLegend(theme).map(({ colour }) => colour);

  it('tell apart in usual sight and under the common deficiencies', () => {
    for (const sight of SIGHTS) {
      for (const [i, a] of colours.entries()) {
        for (const b of colours.slice(i + 1)) {
          const [x, y] = [seen(a, sight), seen(b, sight)];
          expect(Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]), `${a} and ${b}`).toBeGreaterThan(0.085);
        }
      }
    }
  });

  it('are colours, not ink', () => {
    for (const { title } of SPEECH) expect(distance(theme.speech[title]!, theme.ink)).toBeGreaterThan(0.12);
  });

  it('can be read as text', () => {
    for (const colour of colours) expect(contrast(colour, theme.background)).toBeGreaterThan(4.5);
  });

  it('are grey for what has no colour of its own', () => {
    expect(speechColour('number', theme)).toBe(theme.ink3);
    expect(speechColour(null, theme)).toBe(theme.ink3);
    expect(speechColour('preposition', theme)).toBe(speechColour('determiner', theme));
    expect(new Set(SPEECH.flatMap(({ parts }) => parts)).size).toBe(8);
  });
});
