/** The colours of both themes, as `colours.json` has them, and the one diverging scale: blue = negative or falling, orange = positive or rising. */

import COLOURS from './colours.json';
import { seen, type Deficiency } from './deficiency';

export type ThemeName = 'light' | 'dark';

/** One coloured sign: `mark` for shapes, `text` for words and numbers, `extreme` for the end of the scale. */
export interface SignColours {
  mark: string;
  text: string;
  extreme: string;
}

export interface Tokens {
  name: ThemeName;
  background: string;
  surface: string;
  sunken: string;
  line: string;
  strongLine: string;
  ink: string;
  ink2: string;
  ink3: string;
  /** Ink at a low alpha, laid over the pinned row. */
  wash: string;
  positive: SignColours;
  negative: SignColours;
  cellZero: string;
  carried: string;
  grey: string;
  kept: string;
  /** The pale whole behind the kept strip. */
  keptTrack: string;
  /** Selected words: first, second, third. */
  selected: readonly [string, string, string];
  /** Text on a selected word's pill, and on a pill of ink. */
  onSelected: string;
  onInk: string;
  /** Ground, text and hint of a tooltip, which is dark in both themes, and its shadow. */
  tip: { ground: string; text: string; hint: string; shadow: string };
  /**
   * Neither orange nor blue, which mean sign, nor the purple and green of selected words. Found by a search for the
   * largest least difference of any two of them, in usual sight and, counted less, under the three deficiencies.
   */
  clusters: readonly string[];
  /**
   * By group of parts of speech: neither orange nor blue. Found by such a search, in usual sight and under protanopia,
   * deuteranopia and tritanopia, with a contrast of 4.6 to the page, none near ink.
   */
  speech: Readonly<Record<string, string>>;
}

function themed(name: ThemeName): Tokens {
  const { selected, ...colours } = COLOURS[name];
  return { name, ...colours, selected: selected as [string, string, string] };
}

export const LIGHT = themed('light');

export const DARK = themed('dark');

export function tokens(theme: ThemeName): Tokens {
  return theme === 'dark' ? DARK : LIGHT;
}

/** The colours of a signed number; zero counts as positive. */
export function sign(value: number, theme: Tokens): SignColours {
  return value < 0 ? theme.negative : theme.positive;
}

type Triple = readonly [number, number, number];

function fromHex(hex: string): Triple {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

function toLinear(byte: number): number {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function toByte(linear: number): number {
  const c = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, c)));
}

/** sRGB bytes to OKLab (Ottosson, 2020). */
function toOklab(bytes: Triple): Triple {
  const [r, g, b] = bytes.map(toLinear) as [number, number, number];
  return linearToOklab([r, g, b]);
}

function linearToOklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function hex([r, g, b]: Triple): string {
  return `#${((1 << 24) | (r << 16) | (g << 8) | b).toString(16).slice(1)}`;
}

function between(from: Triple, to: Triple, t: number): Triple {
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t];
}

/** A colour between two `#rrggbb` colours, mixed in OKLab; `t` = 0 gives `from`. */
export function mix(from: string, to: string, t: number): string {
  return hex(fromOklab(between(toOklab(fromHex(from)), toOklab(fromHex(to)), Math.min(1, Math.max(0, t)))));
}

/** Distance of two `#rrggbb` colours in OKLab as someone with the deficiency sees them; null is normal sight. */
export function distance(a: string, b: string, by: Deficiency | null = null): number {
  const [one, other] = [a, b].map((colour) => {
    const [r, g, bl] = fromHex(colour).map(toLinear) as [number, number, number];
    return linearToOklab(seen([r, g, bl], by));
  }) as [Triple, Triple];
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

const MARK_AT = 0.72;
const STEPS = 256;
/** How the scale leaves zero: on the dark ground faster, since weak colours differ less from it there. */
const RISE = { light: 1, dark: 0.85 } as const;

/** A diverging scale over [-1, 1]; values beyond are drawn as the ends. */
export interface Diverging {
  colour(t: number): string;
  /** Index into `table` (RGB bytes), for image data. */
  index(t: number): number;
  table: Uint8ClampedArray;
}

function build(theme: Tokens): Diverging {
  const zero = toOklab(fromHex(theme.cellZero));
  const ends = [theme.negative, theme.positive].map((s) => ({
    mark: toOklab(fromHex(s.mark)),
    extreme: toOklab(fromHex(s.extreme)),
  }));
  const table = new Uint8ClampedArray((2 * STEPS + 1) * 3);
  const colours: string[] = [];
  for (let i = -STEPS; i <= STEPS; i++) {
    const size = Math.abs(i) / STEPS;
    const end = ends[i < 0 ? 0 : 1]!;
    const lab =
      size <= MARK_AT
        ? between(zero, end.mark, (size / MARK_AT) ** RISE[theme.name])
        : between(end.mark, end.extreme, (size - MARK_AT) / (1 - MARK_AT));
    const rgb = fromOklab(lab);
    table.set(rgb, (i + STEPS) * 3);
    colours.push(hex(rgb));
  }
  const index = (t: number): number =>
    Number.isFinite(t) ? Math.round(Math.min(1, Math.max(-1, t)) * STEPS) + STEPS : STEPS;
  return { colour: (t) => colours[index(t)]!, index, table };
}

const scales = new Map<ThemeName, Diverging>();

/** The diverging scale of a theme: zero → mark at 72 % → extreme at 100 %, mixed in OKLab. */
export function diverging(theme: Tokens): Diverging {
  let scale = scales.get(theme.name);
  if (!scale) {
    scale = build(theme);
    scales.set(theme.name, scale);
  }
  return scale;
}

/** WCAG contrast ratio of two `#rrggbb` colours. */
export function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [r, g, bl] = fromHex(colour).map(toLinear) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** A colour for the i-th cluster; they come round again after eight. */
export function clusterColour(i: number, theme: Tokens): string {
  return theme.clusters[i % theme.clusters.length]!;
}
