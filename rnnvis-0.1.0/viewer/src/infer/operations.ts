/** Linear layers, layer norms and activations on rows of numbers: of a head, and between layers. */

import { ACTIVATIONS } from './activations';
import { affine, WORK, type Work } from './kernels';
import type { Operation } from './parts';

/**
 * What comes of `rows` of x [rows × width] after all operations, one after the other; of the operation `last`, a linear
 * one, the numbers `from` to `to` alone.
 */
export function* through(
  operations: readonly Operation[],
  x: Float32Array,
  rows: number,
  width: number,
  last = -1,
  from = 0,
  to = 0,
): Work<Float32Array> {
  let values = x;
  let size = width;
  for (const [i, operation] of operations.entries()) {
    if (operation.kind === 'linear') {
      const [low, high] = i === last ? [from, to] : [0, operation.size];
      values = yield* linear(operation, values, rows, low, high);
      size = high - low;
    } else if (operation.kind === 'norm') {
      const normed = new Float32Array(values.length);
      for (let r = 0; r < rows; r++)
        normed.set(forward(operation, Float64Array.from(values.subarray(r * size, (r + 1) * size))), r * size);
      values = normed;
    } else {
      const at = ACTIVATIONS[operation.name]!;
      values = values.map((value) => at.of(value));
    }
  }
  return values;
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

type Norm = Extract<Operation, { kind: 'norm' }>;

function normal({ epsilon }: Norm, x: Float64Array): { scaled: Float64Array; deviation: number } {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const centred = x.map((value) => value - mean);
  const deviation = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / x.length + epsilon);
  return { scaled: centred.map((value) => value / deviation), deviation };
}

/** One operation on one row. */
export function forward(operation: Operation, x: Float64Array): Float64Array {
  if (operation.kind === 'activation') {
    const at = ACTIVATIONS[operation.name]!;
    return x.map((value) => at.of(value));
  }
  if (operation.kind === 'norm') {
    const { weight, bias } = operation;
    const { scaled } = normal(operation, x);
    return scaled.map((value, k) => value * (weight?.[k] ?? 1) + (bias?.[k] ?? 0));
  }
  const { weight, bias, width, size } = operation;
  return Float64Array.from({ length: size }, (_, m) => {
    let sum = bias?.[m] ?? 0;
    for (let k = 0; k < width; k++) sum += weight[m * width + k]! * x[k]!;
    return sum;
  });
}

/** The slope of what `of` weighs after an operation, by what it read: x. */
export function backward(operation: Operation, x: Float64Array, of: Float64Array): Float64Array {
  if (operation.kind === 'activation') {
    const at = ACTIVATIONS[operation.name]!;
    return x.map((value, k) => at.slope(value) * of[k]!);
  }
  if (operation.kind === 'norm') {
    const { scaled, deviation } = normal(operation, x);
    const share = of.map((value, k) => value * (operation.weight?.[k] ?? 1));
    const mean = share.reduce((sum, value) => sum + value, 0) / x.length;
    const along = share.reduce((sum, value, k) => sum + value * scaled[k]!, 0) / x.length;
    return share.map((value, k) => (value - mean - scaled[k]! * along) / deviation);
  }
  const { weight, width } = operation;
  const found = new Float64Array(width);
  for (let m = 0; m < of.length; m++) {
    const share = of[m]!;
    if (share !== 0) for (let k = 0; k < width; k++) found[k]! += share * weight[m * width + k]!;
  }
  return found;
}
