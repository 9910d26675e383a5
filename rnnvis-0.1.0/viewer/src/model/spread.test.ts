import { describe, expect, it } from 'vitest';
import { spread } from './spread';

describe('spread', () => {
  it('leaves boxes that do not meet where they want to be', () => {
    expect(spread([20, 100], [10, 10], 4, 0, 200)).toEqual([15, 95]);
  });

  it('shares the room between boxes that would overlap', () => {
    expect(spread([50, 50], [10, 10], 4, 0, 200)).toEqual([38, 52]);
  });

  it('keeps all inside and never overlapping', () => {
    const sizes = [30, 10, 50, 20, 10];
    const tops = spread([190, 5, 5, 200, 200], sizes, 6, 0, 200);
    tops.forEach((top, i) => {
      expect(top).toBeGreaterThanOrEqual(0);
      expect(top + sizes[i]!).toBeLessThanOrEqual(200 + 1e-9);
      if (i) expect(top).toBeGreaterThanOrEqual(tops[i - 1]! + sizes[i - 1]! + 6 - 1e-9);
    });
  });

  it('starts at the top where there is too little room', () => {
    expect(spread([10, 10], [50, 50], 5, 0, 60)).toEqual([0, 55]);
  });
});
