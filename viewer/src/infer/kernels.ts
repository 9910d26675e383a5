/**
 * Products of matrices and vectors over typed arrays.
 *
 * Every sum is that of the even places, plus that of the odd ones, plus what is left over of an odd width, in double
 * precision, whichever loop takes it, here or in WebAssembly: a product is the same to the last bit in whatever company it
 * is computed.
 */

import { simdOf } from './simd';

/** A generator that pauses where the page, or a newer run, may have its turn, and where it waits for a promise. */
export type Work<T> = Generator<void | Promise<void>, T, void>;

/** Products to be done between two pauses; a few ms. */
export const WORK = 4_000_000;

/** w [·, width] x + bias: rows `from` to `to` of w, for `rows` rows of x from `at` on; out[r · stride + m − from]. */
export function affine(
  w: Float32Array,
  bias: Float32Array | null,
  width: number,
  from: number,
  to: number,
  x: Float32Array,
  at: number,
  rows: number,
  out: Float32Array,
  stride: number,
): void {
  const simd = simdOf(w.buffer);
  for (let r = 0; r < rows;) {
    const count = r + 4 <= rows ? 4 : 1;
    const [read, place] = [at + r * width, r * stride];
    let next = from;
    if (simd) next = simd.affine(w, bias, width, from, to, x, read, count, out, place, stride);
    const loop = count === 4 ? fourInputs : oneInput;
    if (next < to) loop(w, bias, width, next, to, x, read, out, place + next - from, stride);
    r += count;
  }
}

/** Each row of w with four of x at a time. */
function fourInputs(
  w: Float32Array,
  bias: Float32Array | null,
  width: number,
  from: number,
  to: number,
  x: Float32Array,
  at: number,
  out: Float32Array,
  place: number,
  stride: number,
): void {
  const x1 = at + width;
  const x2 = x1 + width;
  const x3 = x2 + width;
  const even = width - (width % 2);
  for (let m = from; m < to; m++) {
    const row = m * width;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let e = 0;
    let f = 0;
    let g = 0;
    let h = 0;
    for (let k = 0; k < even; k += 2) {
      const one = w[row + k]!;
      const two = w[row + k + 1]!;
      a += one * x[at + k]!;
      b += one * x[x1 + k]!;
      c += one * x[x2 + k]!;
      d += one * x[x3 + k]!;
      e += two * x[at + k + 1]!;
      f += two * x[x1 + k + 1]!;
      g += two * x[x2 + k + 1]!;
      h += two * x[x3 + k + 1]!;
    }
    a += e;
    b += f;
    c += g;
    d += h;
    if (even < width) {
      const last = w[row + even]!;
      a += last * x[at + even]!;
      b += last * x[x1 + even]!;
      c += last * x[x2 + even]!;
      d += last * x[x3 + even]!;
    }
    const more = bias ? bias[m]! : 0;
    const o = place + m - from;
    out[o] = a + more;
    out[o + stride] = b + more;
    out[o + 2 * stride] = c + more;
    out[o + 3 * stride] = d + more;
  }
}

function oneInput(
  w: Float32Array,
  bias: Float32Array | null,
  width: number,
  from: number,
  to: number,
  x: Float32Array,
  at: number,
  out: Float32Array,
  place: number,
): void {
  const even = width - (width % 2);
  for (let m = from; m < to; m++) {
    const row = m * width;
    let a = 0;
    let b = 0;
    for (let k = 0; k < even; k += 2) {
      a += w[row + k]! * x[at + k]!;
      b += w[row + k + 1]! * x[at + k + 1]!;
    }
    a += b;
    if (even < width) a += w[row + even]! * x[at + even]!;
    out[place + m - from] = a + (bias ? bias[m]! : 0);
  }
}

/** σ(x), rounded once near 0 and near 1 alike. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : 1 - 1 / (1 + Math.exp(x));
}

/** Whether all are numbers, and none infinite. */
export function finite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return false;
  return true;
}
