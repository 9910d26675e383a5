import { change } from './sequence';
import type { PinnedEvidence } from '../data/evidence';
import type { StateSequence, WordResponse } from '../data/types';

/** Binary digits that distances of uses have, as `rnnvis.measures.words.surprise` rounds them. */
const DIGITS = 11;
/** Of the last digit: a use that lies so near is as far. Half of it is rounding, the rest what two ways of running differ by. */
const NEAR = 0.6;

/** Percentile, 0–100, of a pinned step among the uses of its word: as it was published, or as it comes out here; NaN where it is not known. */
export function surpriseAt({
  steps,
  sequence,
  step,
  response,
  distances,
}: Pick<PinnedEvidence, 'steps' | 'sequence' | 'step' | 'response' | 'distances'>): number {
  if (!distances) return steps?.surprise?.[step] ?? Number.NaN;
  if (!sequence || !response) return Number.NaN;
  return surpriseOf(distanceOf(sequence, step, response), distances, response.count);
}

/** ‖Δ − response‖ of a step. */
export function distanceOf(sequence: StateSequence, step: number, response: WordResponse): number {
  return Math.hypot(...change(sequence, step).map((value, unit) => value - response.mean[unit]!));
}

/**
 * Percentile, 0–100, of a step that was not measured among the measured uses of its word: the share of those that are nearer,
 * and half of those as near. `distances` ascend: those of all `uses`, or, of more than there are of them, of the ranks at
 * even distances, between which it is interpolated.
 */
export function surpriseOf(distance: number, distances: Float32Array, uses: number): number {
  const kept = distances.length;
  if (!kept || !Number.isFinite(distance)) return Number.NaN;
  const rank = (i: number): number => (uses > kept ? Math.floor((i * (uses - 1)) / (kept - 1) + 0.5) : i);
  const further = distances.findIndex((one) => one >= distance);
  const above = further < 0 ? kept : further;
  const asFar = [above - 1, above]
    .filter((i) => i >= 0 && i < kept && Math.abs(distances[i]! - distance) <= NEAR * lastDigit(distances[i]!))
    .sort((a, b) => Math.abs(distances[a]! - distance) - Math.abs(distances[b]! - distance))[0];
  if (asFar !== undefined) {
    const same = distances[asFar]!;
    return (50 * (rank(distances.indexOf(same)) + rank(distances.lastIndexOf(same)) + 1)) / uses;
  }
  if (above === 0) return 0;
  if (above === kept) return 100;
  const [low, high] = [distances[above - 1]!, distances[above]!];
  const part = (distance - low) / (high - low);
  return (100 * (rank(above - 1) + 0.5 + part * (rank(above) - rank(above - 1)))) / uses;
}

function lastDigit(value: number): number {
  return value > 0 ? 2 ** (Math.floor(Math.log2(value)) + 1 - DIGITS) : Number.EPSILON;
}
