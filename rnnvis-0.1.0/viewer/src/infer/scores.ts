/** From what a head gives to probabilities; the meaning is that of `rnnvis.recording.scores` and `measures.outputs`. */

import type { Head } from './parts';

/** How many classes, tags or words an answer is one of; 0 of a number. */
export function classesOf(head: Head): number {
  return head.scores === 'numbers' ? 0 : head.scores === 'one logit' ? 2 : head.size;
}

/** Weights on what the head gives that make the score pushes are about: of two classes the log-odds of the second, of more each against the mean of the others. */
export function contrast(head: Head, followed: number): Float64Array {
  if (head.size === 1) return Float64Array.of(1);
  if (head.size === 2) return Float64Array.of(-1, 1);
  const others = head.size - 1;
  return Float64Array.from({ length: head.size }, (_, j) => (j === followed ? 1 : -1 / others));
}

/** ln Σ exp of values [from, to). */
export function logSumExp(values: Float32Array, from: number, to: number, without = -1): number {
  let most = -Infinity;
  for (let i = from; i < to; i++) if (i !== without && values[i]! > most) most = values[i]!;
  if (most === -Infinity) return most;
  let sum = 0;
  for (let i = from; i < to; i++) if (i !== without) sum += Math.exp(values[i]! - most);
  return most + Math.log(sum);
}

/** Log-probabilities of the classes from one row of what the head gives, [row · size, …). */
export function logProbabilities(head: Head, values: Float32Array, row: number): Float64Array {
  if (head.scores === 'one logit') {
    const z = values[row]!;
    return Float64Array.of(logSigmoid(-z), logSigmoid(z));
  }
  const [from, to] = [row * head.size, (row + 1) * head.size];
  const all = logSumExp(values, from, to);
  return Float64Array.from(values.subarray(from, to), (value) => value - all);
}

/** ln p / (1 − p) of a class, from one row of what the head gives. */
export function logOdds(head: Head, values: Float32Array, row: number, id: number): number {
  if (head.scores === 'one logit') return id === 1 ? values[row]! : -values[row]!;
  const from = row * head.size;
  return values[from + id]! - logSumExp(values, from, from + head.size, from + id);
}

function logSigmoid(z: number): number {
  return z >= 0 ? -Math.log1p(Math.exp(-z)) : z - Math.log1p(Math.exp(z));
}

/** The `count` largest of values [from, to), largest first; of equal ones the earlier first. Writes places from `from` on. */
export function largest(values: Float32Array, from: number, to: number, ids: Int32Array): void {
  let kept = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (kept === ids.length && value <= values[from + ids[kept - 1]!]!) continue;
    let place = kept < ids.length ? kept++ : kept - 1;
    for (; place > 0 && values[from + ids[place - 1]!]! < value; place--) ids[place] = ids[place - 1]!;
    ids[place] = i - from;
  }
}
