import { describe, expect, it } from 'vitest';
import { changeAt, descending, keptShare } from './order';

const sequence = {
  units: 3,
  initial: new Float32Array(3),
  values: new Float32Array([0.5, -0.5, 0, 0.25, 0.5, 1]),
};

describe('descending', () => {
  it('sorts by value, ties by unit, missing values last', () => {
    expect([...descending([0.1, NaN, 0.5, 0.1])]).toEqual([2, 0, 3, 1]);
  });
});

describe('changeAt', () => {
  it('starts from the initial state', () => expect([...changeAt(sequence, 0)]).toEqual([0.5, -0.5, 0]));
  it('is the difference of two steps', () => expect([...changeAt(sequence, 1)]).toEqual([-0.25, 1, 1]));
});

describe('keptShare', () => {
  it('counts only units that keep their sign', () => expect(keptShare(sequence, 1)).toBeCloseTo(0.25));
  it('is null where nothing was held before', () => expect(keptShare(sequence, 0)).toBeNull());
});
