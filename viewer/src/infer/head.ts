/** What stands between the states and the answer. */

import { ACTIVATIONS } from './activations';
import { affine, WORK } from './kernels';
import type { Work } from './layer';
import type { Head, Operation, Place } from './spec';
import { sideBySide, stateColumns, type StackRun } from './stack';

/** What the head gives for `rows` of what it reads [rows × width]: [rows × size], or of its numbers `from` to `to` alone. */
export function* outputs(head: Head, x: Float32Array, rows: number, from = 0, to = head.size): Work<Float32Array> {
  let values: Float32Array = x;
  let { width } = head;
  const last = head.operations.findLastIndex(({ kind }) => kind === 'linear');
  for (const [i, operation] of head.operations.entries()) {
    if (operation.kind === 'activation') {
      const at = ACTIVATIONS[operation.name]!;
      values = values.map((x) => at.of(x));
      continue;
    }
    const [low, high] = i === last ? [from, to] : [0, operation.size];
    values = yield* linear(operation, values, rows, low, high);
    width = high - low;
  }
  return last < 0 && to - from < width ? part(values, rows, width, from, to) : values;
}

function part(values: Float32Array, rows: number, width: number, from: number, to: number): Float32Array {
  const found = new Float32Array(rows * (to - from));
  for (let r = 0; r < rows; r++) found.set(values.subarray(r * width + from, r * width + to), r * (to - from));
  return found;
}

type Linear = Extract<Operation, { kind: 'linear' }>;

function* linear(
  { weight, bias, width }: Linear,
  x: Float32Array,
  rows: number,
  from: number,
  to: number,
): Work<Float32Array> {
  const size = to - from;
  const out = new Float32Array(rows * size);
  const block = Math.max(4, Math.floor(WORK / (width * rows)) || 1);
  for (let low = from; low < to; low += block) {
    if (low > from) yield;
    affine(weight, bias, width, low, Math.min(to, low + block), x, 0, rows, out.subarray(low - from), size);
  }
  return out;
}

/**
 * The slope of Σ `of`[j] · output j at the point x [width]: float64 [width]. Of a head of linear layers it is the same
 * everywhere.
 */
export function slope(head: Head, x: Float32Array, of: Float64Array): Float64Array {
  const points: Float64Array[] = [];
  let value: Float64Array = Float64Array.from(x);
  for (const operation of head.operations) {
    points.push(value);
    value = forward(operation, value);
  }
  let back = of;
  for (let i = head.operations.length - 1; i >= 0; i--) back = backward(head.operations[i]!, points[i]!, back);
  return back;
}

export function isLinear(head: Head): boolean {
  return head.operations.every(({ kind }) => kind === 'linear');
}

function forward(operation: Operation, x: Float64Array): Float64Array {
  if (operation.kind === 'activation') {
    const at = ACTIVATIONS[operation.name]!;
    return x.map((value) => at.of(value));
  }
  const { weight, bias, width, size } = operation;
  return Float64Array.from({ length: size }, (_, m) => {
    let sum = bias?.[m] ?? 0;
    for (let k = 0; k < width; k++) sum += weight[m * width + k]! * x[k]!;
    return sum;
  });
}

function backward(operation: Operation, x: Float64Array, of: Float64Array): Float64Array {
  if (operation.kind === 'activation') {
    const at = ACTIVATIONS[operation.name]!;
    return x.map((value, k) => at.slope(value) * of[k]!);
  }
  const { weight, width } = operation;
  const found = new Float64Array(width);
  for (let m = 0; m < of.length; m++) {
    const share = of[m]!;
    if (share !== 0) for (let k = 0; k < width; k++) found[k]! += share * weight[m * width + k]!;
  }
  return found;
}

/** What the head reads for its answer after each of `words`, [words × width]. */
export function readAt(head: Head, run: StackRun, words: Int32Array): Float32Array {
  if (head.at === 'mean' || head.at === 'max') return pooled(head, run, words);
  const columns = head.reads.map((place) => {
    const of = stateColumns(place, run);
    return head.at !== 'each' && !head.along ? { ...of, row: () => endOf(head, place, run.steps) } : of;
  });
  return sideBySide(columns, head.width, words);
}

/** The word at which the answer to the whole sequence reads a state. */
export function endOf(head: Head, place: Place, steps: number): number {
  return place.layer.reversed && head.at === 'last' ? 0 : steps - 1;
}

/** Mean or maximum of the states from the first word to each of `words`, which ascend; to the last word alone of a head that cannot be asked before. */
function pooled(head: Head, run: StackRun, words: Int32Array): Float32Array {
  const out = new Float32Array(words.length * head.width);
  const sum = new Float64Array(head.width).fill(head.at === 'max' ? -Infinity : 0);
  let next = 0;
  for (let i = 0; i < words.length; i++) {
    for (; next <= words[i]!; next++) {
      const row = sideBySide(
        head.reads.map((place) => stateColumns(place, run)),
        head.width,
        Int32Array.of(next),
      );
      for (let k = 0; k < head.width; k++) sum[k] = head.at === 'max' ? Math.max(sum[k]!, row[k]!) : sum[k]! + row[k]!;
    }
    for (let k = 0; k < head.width; k++) out[i * head.width + k] = head.at === 'max' ? sum[k]! : sum[k]! / next;
  }
  return out;
}
