/**
 * What pushes an answer: words, chips and units, in the score that the answer is taken apart in (log-odds, of several classes
 * a logit against the mean of the others, or the number itself). A unit's push at a step is weight · Δ, a chip's the sum over
 * its units. Of a linear head these are exact; of any other the weights are its mean slopes, and the pushes of first order.
 */
import type { Quantiles, SentenceSteps, StateSequence, WordResponse } from '../data/types';
import { change } from './sequence';

/** The score of the followed class if the sentence ended at this step, or the number; NaN where that is not known. */
export function scoreAfter({ pClass, classes, followed, value }: SentenceSteps, step: number): number {
  if (!pClass || classes < 2) return value?.[step] ?? Number.NaN;
  const logs = Array.from(pClass.subarray(step * classes, (step + 1) * classes), Math.log);
  const others = logs.reduce((sum, log, i) => (i === followed ? sum : sum + log), 0) / (classes - 1);
  const score = logs[followed]! - others;
  return Number.isFinite(score) ? score : Number.NaN;
}

/** What a sentence's answer is made of; `before` + `up` + `down` = `after`. */
export interface PushSum {
  /** What stood before the first word whose push is known: the bias and the first state. NaN where `after` is not known. */
  before: number;
  /** Sums of the words that push the score up, and of those that push it down. */
  up: number;
  down: number;
  /** The score after the last word; NaN where it is not known. */
  after: number;
}

/** The sum of a sentence; null where no word's push is known. */
export function pushSum(steps: SentenceSteps | null): PushSum | null {
  if (!steps?.push) return null;
  let up = 0;
  let down = 0;
  let known = 0;
  for (const push of steps.push) {
    if (!Number.isFinite(push)) continue;
    known += 1;
    if (push > 0) up += push;
    else down += push;
  }
  if (!known) return null;
  const after = scoreAfter(steps, steps.length - 1);
  return { before: after - up - down, up, down, after };
}

/** Each value times its unit's weight. */
export function weighted(values: Float32Array, weights: Float32Array): Float32Array {
  return values.map((value, unit) => value * weights[unit]!);
}

/** The sequence with each unit times its weight: its changes are pushes. */
export function weightedSequence(sequence: StateSequence, weights: Float32Array): StateSequence {
  const { units, values, initial } = sequence;
  return {
    ...sequence,
    initial: weighted(initial, weights),
    values: values.map((value, i) => value * weights[i % units]!),
  };
}

/** What is known of a word's changes, as pushes: a negative weight turns low quantiles into high ones. */
export function weightedWord<Word extends { response: WordResponse | null; quantiles: Quantiles | null }>(
  word: Word,
  weights: Float32Array,
): Word {
  const { response, quantiles } = word;
  if (response && response.mean.length !== weights.length) return word;
  const either = (low: Float32Array, high: Float32Array): Float32Array =>
    low.map((value, unit) => (weights[unit]! < 0 ? high[unit]! : value) * weights[unit]!);
  return {
    ...word,
    response: response && {
      ...response,
      mean: weighted(response.mean, weights),
      standardError: response.standardError && weighted(response.standardError, weights.map(Math.abs)),
    },
    quantiles: quantiles && {
      q09: either(quantiles.q09, quantiles.q91),
      q25: either(quantiles.q25, quantiles.q75),
      q50: weighted(quantiles.q50, weights),
      q75: either(quantiles.q75, quantiles.q25),
      q91: either(quantiles.q91, quantiles.q09),
    },
  };
}

/** Push of every chip at every step, row-major [steps × clusters]. `labels`: cluster of each unit, negative for none. */
export function chipPushes(
  sequence: StateSequence,
  weights: Float32Array,
  labels: ArrayLike<number>,
  clusters: number,
): Float64Array {
  const pushes = new Float64Array(sequence.length * clusters);
  for (let step = 0; step < sequence.length; step++) {
    const moved = change(sequence, step);
    for (let unit = 0; unit < sequence.units; unit++) {
      const label = labels[unit]!;
      if (label >= 0) pushes[step * clusters + label]! += weights[unit]! * moved[unit]!;
    }
  }
  return pushes;
}

/** Push of every unit over the whole sentence. */
export function unitPushes(sequence: StateSequence, weights: Float32Array): Float64Array {
  const pushes = new Float64Array(sequence.units);
  for (let step = 0; step < sequence.length; step++) {
    const moved = change(sequence, step);
    for (let unit = 0; unit < sequence.units; unit++) pushes[unit]! += weights[unit]! * moved[unit]!;
  }
  return pushes;
}

/** Positions of the largest values by size, `count` at most, those that are 0 or unknown left out. */
export function strongest(values: ArrayLike<number>, count: number): number[] {
  return Array.from(values, (value, i) => ({ size: Math.abs(value), i }))
    .filter(({ size }) => size > 0 && Number.isFinite(size))
    .sort((a, b) => b.size - a.size || a.i - b.i)
    .slice(0, count)
    .map(({ i }) => i);
}
