import { describe, expect, it } from 'vitest';
import { descending, strongestStep } from './order';

describe('descending', () => {
  it('sorts by value, ties by unit, missing values last', () => {
    expect([...descending([0.1, NaN, 0.5, 0.1])]).toEqual([2, 0, 3, 1]);
  });

  it('agrees with a comparison of the values', () => {
    const values = Float32Array.from({ length: 3000 }, (_, i) =>
      i % 7 === 0 ? 0 : i % 11 === 0 ? -0 : Math.round(40 * Math.sin(i * i)) / 8,
    );
    const plain = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
    expect([...descending(values)]).toEqual(plain);
  });
});

describe('strongestStep', () => {
  it('counts the first step from the initial state, and takes the earlier of equals', () => {
    const values = new Float32Array([0.5, 0, -0.5, 0, -0.5, 1]);
    expect(strongestStep({ length: 3, units: 2, initial: new Float32Array([0.4, 0]), values })).toBe(1);
  });
});
