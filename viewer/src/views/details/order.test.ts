import { describe, expect, it } from 'vitest';
import { descending, strongestStep } from './order';

describe('descending', () => {
  it('sorts by value, ties by unit, missing values last', () => {
    expect([...descending([0.1, NaN, 0.5, 0.1])]).toEqual([2, 0, 3, 1]);
  });
});

describe('strongestStep', () => {
  it('counts the first step from the initial state, and takes the earlier of equals', () => {
    const values = new Float32Array([0.5, 0, -0.5, 0, -0.5, 1]);
    expect(strongestStep({ length: 3, units: 2, initial: new Float32Array([0.4, 0]), values })).toBe(1);
  });
});
