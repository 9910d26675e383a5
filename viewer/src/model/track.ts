import { answersAlong, meansOf } from '../data/answer';
import type { ModelEntry, SentenceSteps } from '../data/types';

/** What the model says after every word, a probability or a number, and what it is called. */
export interface Track {
  name: string;
  /** Whether it is one quantity that moves from word to word, and not a new one at each. */
  moves: boolean;
  /** Null where a step has none. */
  values: (number | null)[];
  /** What its left and right end stand for. */
  range: readonly [number, number];
}

const SHARE = [0, 1] as const;

/** Whether a model says something after every word: a verdict, a tag, a number, or a guess at the next word. */
export function hasTrack(model: ModelEntry): boolean {
  return answersAlong(model);
}

/**
 * Of a classifier the probability of the followed class; of a model of tags or of next words that of what was right; of
 * others their number, between its smallest and its largest along this sentence and `beside`. Null without any of it.
 */
export function track(
  model: ModelEntry | null,
  steps: SentenceSteps | null,
  beside: SentenceSteps | null = null,
  called = 'word',
): Track | null {
  if (!model || !steps) return null;
  const { pClass, classes, followed, next, target, value } = steps;
  const of = (at: (t: number) => number): (number | null)[] =>
    Array.from({ length: steps.length }, (_, t) => (Number.isNaN(at(t)) ? null : at(t)));
  if (pClass && target && meansOf(model) === 'tag') {
    const right = (t: number): number => (target[t]! < 0 ? Number.NaN : pClass[t * classes + target[t]!]!);
    return { name: 'P(right tag)', moves: false, values: of(right), range: SHARE };
  }
  if (pClass) {
    const name = `P(${model.classes[followed] ?? ''})`;
    return { name, moves: meansOf(model) !== 'tag', values: of((t) => pClass[t * classes + followed]!), range: SHARE };
  }
  if (next) return { name: `P(next ${called})`, moves: false, values: of((t) => next.p[t]!), range: SHARE };
  if (!value) return null;
  const known = [...value, ...(beside?.value ?? []), 0].filter((one) => !Number.isNaN(one));
  return { name: 'Answer', moves: true, values: of((t) => value[t]!), range: [Math.min(...known), Math.max(...known)] };
}

/** Where a value of a track lies along it, 0 to 1. */
export function along(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/** A change of probability this large is worth its numbers. */
const NOTABLE = 0.25;
const MOST = 14;

/**
 * Steps whose probability is written out: first, last, the pinned one, the highest and the lowest, and both sides of
 * large changes. A neighbour of an already chosen step with nearly the same value is left out.
 */
export function notableSteps(
  values: readonly (number | null)[],
  pinned: number | null,
  range: readonly [number, number] = SHARE,
): number[] {
  const p = values.map((value) => (value === null ? NaN : along(value, range)));
  const last = p.findLastIndex((value) => !Number.isNaN(value));
  if (last < 0) return [];
  const wanted: number[] = [];
  if (pinned !== null && pinned <= last) wanted.push(pinned);
  wanted.push(0, last);
  const jumps: [number, number][] = [];
  for (let t = 1; t <= last; t++) {
    const size = Math.abs(p[t]! - p[t - 1]!);
    if (size >= NOTABLE) jumps.push([size, t]);
  }
  jumps.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (const [, t] of jumps.slice(0, 4)) wanted.push(t, t - 1);
  let high = 0;
  let low = 0;
  for (let t = 1; t <= last; t++) {
    if (p[t]! > p[high]!) high = t;
    if (p[t]! < p[low]!) low = t;
  }
  wanted.push(high, low);
  const chosen: number[] = [];
  for (const step of wanted) {
    if (chosen.length >= MOST || chosen.includes(step)) continue;
    const crowded = chosen.some((other) => Math.abs(other - step) === 1 && Math.abs(p[other]! - p[step]!) < 0.05);
    if (!crowded || step === 0 || step === last || step === pinned) chosen.push(step);
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * Path data of a smooth line through the points, from top to bottom, that never runs past a value: cubics whose slopes
 * at the points are those of Steffen, Astronomy and Astrophysics 239 (1990) 443.
 */
export function trackPath(points: readonly (readonly [number, number])[]): string {
  const [first] = points;
  if (!first) return '';
  const at = (...numbers: number[]): string => numbers.map((number) => Math.round(number * 100) / 100).join(',');
  const slopes = slopesOf(points);
  let path = `M${at(...first)}`;
  for (let i = 1; i < points.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
    const third = (y1 - y0) / 3;
    path +=
      points.length === 2
        ? `L${at(x1, y1)}`
        : `C${at(x0 + third * slopes[i - 1]!, y0 + third, x1 - third * slopes[i]!, y1 - third, x1, y1)}`;
  }
  return path;
}

/** Change of x for each y at the points; at the ends as a parabola through the second point's slope has it. */
function slopesOf(points: readonly (readonly [number, number])[]): number[] {
  const steps = points.slice(1).map(([x, y], i) => ({ high: y - points[i]![1], secant: 0, wide: x - points[i]![0] }));
  for (const step of steps) step.secant = step.high ? step.wide / step.high : 0;
  const inner = steps.slice(1).map((after, i) => {
    const before = steps[i]!;
    const parabola = (before.secant * after.high + after.secant * before.high) / (before.high + after.high);
    const least = Math.min(Math.abs(before.secant), Math.abs(after.secant), Math.abs(parabola) / 2);
    return (Math.sign(before.secant) + Math.sign(after.secant)) * least || 0;
  });
  const end = (step: { secant: number } | undefined, slope = 0): number => (3 * (step?.secant ?? 0) - slope) / 2;
  return [end(steps[0], inner[0]), ...inner, end(steps.at(-1), inner.at(-1))];
}
