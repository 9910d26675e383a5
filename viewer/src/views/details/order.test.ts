import { describe, expect, it } from 'vitest';
import { descending } from './order';

describe('descending', () => {
  it('sorts by value, ties by unit, missing values last', () => {
    expect([...descending([0.1, NaN, 0.5, 0.1])]).toEqual([2, 0, 3, 1]);
  });
});
