import { describe, expect, it } from 'vitest';
import { binnedQuantile, histogram } from './histogram';

describe('histogram', () => {
  it('keeps area where bins have unequal widths', () => {
    const { bars } = histogram([10, 10], [0, 1, 3]);
    expect(bars.map((bar) => bar.height)).toEqual([1, 0.5]);
  });
  it('leaves out empty ends, and says how many rare steps it leaves out', () => {
    const result = histogram([0, 1, 5000, 5000, 0, 2], [-3, -2, -1, 0, 1, 2, 3]);
    expect([result.low, result.high]).toEqual([-1, 1]);
    expect(result.beyond).toBe(3);
    expect(result.total).toBe(10003);
  });
  it('has no bars without steps', () => expect(histogram([0, 0], [0, 1, 2]).bars).toEqual([]));
});

describe('binnedQuantile', () => {
  it('interpolates inside a bin', () => {
    expect(binnedQuantile([0, 4, 4], [0, 1, 2, 3], 0.25)).toBeCloseTo(1.5);
    expect(binnedQuantile([0, 4, 4], [0, 1, 2, 3], 0.5)).toBeCloseTo(2);
  });
  it('has none without values', () => expect(binnedQuantile([0], [0, 1], 0.5)).toBeNaN());
});
