import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { change, glyphs, keptShare, type Glyphs } from './sequence';

interface Golden {
  states: number[][];
  labels: number[];
  clusters: number;
  start: number[];
  expected: Record<string, (number | null)[][]>;
}

const cases = JSON.parse(
  readFileSync(new URL('../../../tests/golden/sequences.json', import.meta.url), 'utf8'),
) as Golden[];

const NAMES: Record<string, keyof Glyphs> = {
  p: 'p',
  n: 'n',
  delta_p: 'deltaP',
  delta_n: 'deltaN',
  gained_p: 'gainedP',
  lost_p: 'lostP',
  gained_n: 'gainedN',
  lost_n: 'lostN',
  kept: 'kept',
  kept_rate: 'keptRate',
};

function sequenceOf(golden: Golden): Parameters<typeof glyphs>[0] {
  const units = golden.labels.length;
  return {
    length: golden.states.length,
    units,
    initial: Float64Array.from(golden.start) as never,
    values: Float64Array.from(golden.states.flat()) as never,
  };
}

describe('glyphs', () => {
  it.each(cases.map((golden, i) => [i, golden] as const))('equals the pipeline on golden case %i', (_, golden) => {
    const result = glyphs(sequenceOf(golden), golden.labels, golden.clusters);
    expect(Object.keys(golden.expected).sort()).toEqual(Object.keys(NAMES).sort());
    for (const [name, rows] of Object.entries(golden.expected)) {
      const list = result[NAMES[name]!] as Float64Array;
      rows.flat().forEach((value, i) => {
        if (value === null) expect(list[i]).toBeNaN();
        else expect(list[i]).toBeCloseTo(value, 9);
      });
    }
  });
});

describe('change', () => {
  it('starts from the initial state', () => {
    const sequence = {
      length: 2,
      units: 2,
      initial: new Float32Array([0.5, 0]),
      values: new Float32Array([1, -1, 0, -0.5]),
    };
    expect([...change(sequence, 0)]).toEqual([0.5, -1]);
    expect([...change(sequence, 1)]).toEqual([-1, 0.5]);
    expect(keptShare(sequence, 0)).toBe(1);
    expect(keptShare(sequence, 1)).toBeCloseTo(0.25);
    expect(keptShare({ ...sequence, initial: new Float32Array(2) }, 0)).toBeNaN();
  });
  it('is taken against the step behind it where the state reads from the end', () => {
    const sequence = {
      length: 2,
      units: 2,
      initial: new Float32Array([0.5, 0]),
      values: new Float32Array([1, -1, 0, -0.5]),
      reversed: true,
    };
    expect([...change(sequence, 0)]).toEqual([1, -0.5]);
    expect([...change(sequence, 1)]).toEqual([-0.5, -0.5]);
    expect(keptShare(sequence, 0)).toBe(1);
    expect(glyphs(sequence, [0, 0], 1).deltaP[0]).toBe(0.5);
    expect(glyphs(sequence, [0, 0], 1).deltaP[1]).toBe(-0.25);
  });
});
