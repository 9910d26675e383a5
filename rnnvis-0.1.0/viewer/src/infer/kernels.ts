/**
 * Products of matrices and vectors over typed arrays.
 *
 * Every sum runs over k from 0 in double precision, whichever loop takes it: a product is the same to the last bit in
 * whatever company it is computed.
 */

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
  let r = 0;
  for (; r + 4 <= rows; r += 4) fourInputs(w, bias, width, from, to, x, at + r * width, out, r * stride, stride);
  for (; r < rows; r++) oneInput(w, bias, width, from, to, x, at + r * width, out, r * stride);
}

/** Two rows of w with four of x at a time: eight sums from six numbers that are read. */
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
  let m = from;
  for (; m + 2 <= to; m += 2) {
    const row = m * width;
    const next = row + width;
    const low = bias ? bias[m]! : 0;
    const high = bias ? bias[m + 1]! : 0;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let e = 0;
    let f = 0;
    let g = 0;
    let h = 0;
    for (let k = 0; k < width; k++) {
      const one = w[row + k]!;
      const two = w[next + k]!;
      const y = x[at + k]!;
      const y1 = x[x1 + k]!;
      const y2 = x[x2 + k]!;
      const y3 = x[x3 + k]!;
      a += one * y;
      b += one * y1;
      c += one * y2;
      d += one * y3;
      e += two * y;
      f += two * y1;
      g += two * y2;
      h += two * y3;
    }
    const o = place + m - from;
    out[o] = a + low;
    out[o + stride] = b + low;
    out[o + 2 * stride] = c + low;
    out[o + 3 * stride] = d + low;
    out[o + 1] = e + high;
    out[o + stride + 1] = f + high;
    out[o + 2 * stride + 1] = g + high;
    out[o + 3 * stride + 1] = h + high;
  }
  for (let r = 0; m < to && r < 4; r++)
    oneInput(w, bias, width, m, to, x, at + r * width, out, place + r * stride + m - from);
}

/** Four rows of w at a time share each number of x that is read. */
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
  let m = from;
  for (; m + 4 <= to; m += 4) {
    const r0 = m * width;
    const r1 = r0 + width;
    const r2 = r1 + width;
    const r3 = r2 + width;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let k = 0; k < width; k++) {
      const y = x[at + k]!;
      a += w[r0 + k]! * y;
      b += w[r1 + k]! * y;
      c += w[r2 + k]! * y;
      d += w[r3 + k]! * y;
    }
    const o = place + m - from;
    out[o] = a + (bias ? bias[m]! : 0);
    out[o + 1] = b + (bias ? bias[m + 1]! : 0);
    out[o + 2] = c + (bias ? bias[m + 2]! : 0);
    out[o + 3] = d + (bias ? bias[m + 3]! : 0);
  }
  for (; m < to; m++) {
    const row = m * width;
    let a = 0;
    for (let k = 0; k < width; k++) a += w[row + k]! * x[at + k]!;
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
