import { afterEach, describe, expect, it, vi } from 'vitest';
import { affine } from './kernels';
import { rooms, simdOf } from './simd';

afterEach(() => vi.unstubAllGlobals());

/** Numbers of many sizes, from a linear congruence. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 10 ** ((state >>> 8) % 5);
  });
}

/** [rows of x × rows of w] in two ways: with the weights in a memory of WebAssembly, and not. */
function both(size: number, width: number, count: number, from = 0, to = size): [Float32Array, Float32Array] {
  const w = numbers(size * width, 1);
  const bias = numbers(size, 2);
  const x = numbers(3 + count * width, 3);
  const [room, ...others] = rooms([w.length, 5]);
  expect(simdOf(room!.buffer)).toBeDefined();
  expect(others[0]!.buffer).toBe(room!.buffer);
  room!.set(w);
  return [room!, w].map((weights) => {
    const out = new Float32Array(count * size).fill(7);
    affine(weights, bias, width, from, to, x, 3, count, out, size);
    return out;
  }) as [Float32Array, Float32Array];
}

describe('products in WebAssembly', () => {
  it.each([
    [8, 8, 4],
    [7, 5, 6],
    [1, 1, 1],
    [3, 2, 9],
    [6, 9_001, 5],
    [40_001, 3, 4],
    [40_003, 4, 1],
  ])('are those of the loops to the last bit: %i rows of %i, times %i', (size, width, count) => {
    const [fast, slow] = both(size, width, count);
    expect(fast).toEqual(slow);
  });

  it('of some rows alone, in whatever company', () => {
    const [fast, slow] = both(50, 33, 5, 7, 18);
    expect(fast).toEqual(slow);
    const [all] = both(50, 33, 5);
    for (let r = 0; r < 5; r++)
      expect(fast.subarray(r * 50, r * 50 + 11)).toEqual(all.subarray(r * 50 + 7, r * 50 + 18));
  });

  it('are the sums', () => {
    const [fast] = both(5, 31, 4);
    const [w, bias, x] = [numbers(5 * 31, 1), numbers(5, 2), numbers(3 + 4 * 31, 3)];
    for (let r = 0; r < 4; r++)
      for (let m = 0; m < 5; m++) {
        let sum = bias[m]!;
        let size = Math.abs(sum);
        for (let k = 0; k < 31; k++) {
          sum += w[31 * m + k]! * x[3 + 31 * r + k]!;
          size += Math.abs(w[31 * m + k]! * x[3 + 31 * r + k]!);
        }
        expect(Math.abs(fast[5 * r + m]! - sum)).toBeLessThan(1e-6 * size);
      }
  });

  it('are left to the loops where there is no WebAssembly, no SIMD, or no memory', () => {
    expect(rooms([2 ** 29])).toEqual([]);
    vi.stubGlobal('WebAssembly', {
      ...WebAssembly,
      Module: () => {
        throw new WebAssembly.CompileError('invalid opcode 0xfd');
      },
      Memory: WebAssembly.Memory,
    });
    expect(rooms([8])).toEqual([]);
    vi.stubGlobal('WebAssembly', undefined);
    expect(rooms([8])).toEqual([]);
  });
});
