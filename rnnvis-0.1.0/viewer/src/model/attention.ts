import type { SentenceAttention } from '../data/types';

/** The weights that are shown at a moment: those that the step `from` paid to every position. */
export interface ShownAttention {
  from: number;
  pooled: boolean;
  weights: Float32Array;
  /** The largest weight of the sentence, at any step: what fills the column. */
  largest: number;
}

/** Pooling shows its one reading; attention at every step that of the step under the pointer, else of the pinned one. */
export function shownAttention(
  attention: SentenceAttention | null,
  hovered: number | null,
  pinned: number | null,
): ShownAttention | null {
  if (!attention) return null;
  const from = attention.pooled ? [...attention.weights.keys()][0]! : (hovered ?? pinned);
  const weights = from === null ? undefined : attention.weights.get(from);
  return weights ? { from: from!, pooled: attention.pooled, weights, largest: largestWeight(attention) } : null;
}

export function largestWeight({ weights }: SentenceAttention): number {
  let largest = 0;
  for (const row of weights.values()) for (const weight of row) largest = Math.max(largest, weight);
  return largest;
}

/** Place of a position among all by its weight, from 1 for the largest. */
export function rankOf(weights: Float32Array, position: number): number {
  return 1 + weights.filter((weight) => weight > weights[position]!).length;
}

/** An arc to the right from one row to another, leaning out by `reach`. */
export function arc(x: number, from: number, to: number, reach: number): string {
  return `M${x} ${from}C${x + reach} ${from} ${x + reach} ${to} ${x} ${to}`;
}
