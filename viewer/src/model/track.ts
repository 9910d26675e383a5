import { curveMonotoneY, line } from 'd3-shape';
import type { ModelEntry, SentenceSteps } from '../data/types';

/** A probability after every word, and what it is called. */
export interface Track {
  name: string;
  /** Whether it is one quantity that moves from word to word, and not a new one at each. */
  moves: boolean;
  /** Null where a step has none. */
  values: (number | null)[];
}

/** Whether a model says something after every word: a verdict, or a guess at the next word. */
export function hasTrack(model: Pick<ModelEntry, 'classes' | 'kind'>): boolean {
  return model.classes.length > 0 || model.kind === 'language model';
}

/** Of a classifier the probability of its last class; of a language model that of the word that came next; else null. */
export function track(model: ModelEntry | null, steps: SentenceSteps | null): Track | null {
  if (!model || !steps) return null;
  const { pClass, classes, next } = steps;
  if (pClass)
    return {
      name: `P(${model.classes[classes - 1] ?? ''})`,
      moves: true,
      values: Array.from({ length: steps.length }, (_, t) => pClass[t * classes + classes - 1]!),
    };
  if (next)
    return { name: 'P(next word)', moves: false, values: Array.from(next.p, (p) => (Number.isNaN(p) ? null : p)) };
  return null;
}

/** A change of probability this large is worth its numbers. */
const NOTABLE = 0.25;
const MOST = 14;

/**
 * Steps whose probability is written out: first, last, the pinned one, the highest and the lowest, and both sides of
 * large changes. A neighbour of an already chosen step with nearly the same value is left out.
 */
export function notableSteps(values: readonly (number | null)[], pinned: number | null): number[] {
  const p = values.map((value) => value ?? NaN);
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

/** Path data of a smooth line through the points that never runs past a value. */
export function trackPath(points: readonly (readonly [number, number])[]): string {
  return (
    line<readonly [number, number]>()
      .x((point) => point[0])
      .y((point) => point[1])
      .curve(curveMonotoneY)
      .digits(2)(points) ?? ''
  );
}
