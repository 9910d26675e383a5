import { describe, expect, it } from 'vitest';
import { firingOf } from './firing';

/** A histogram of these values in 200 bins of [−1, 1]. */
function histogram(values: readonly number[]): Parameters<typeof firingOf>[0] {
  const counts = new Array<number>(200).fill(0);
  for (const value of values) counts[Math.min(199, Math.floor((value + 1) * 100))]! += 1;
  return { unit: 0, counts, edges: Float32Array.from({ length: 201 }, (_, i) => -1 + i / 100) };
}

describe('where a unit fires', () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const values = Array.from({ length: 5000 }, () => random() ** 3 * 0.9);

  it.each([1, -1])('is on its own side, sign %i, at 2 %% of the steps', (sign) => {
    const { below, threshold } = firingOf(histogram(values.map((value) => sign * value)));
    expect(below).toBe(sign < 0);
    const share = values.filter((value) => value >= Math.abs(threshold)).length / values.length;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.03);
  });

  it('is found for a unit that never crosses zero', () => {
    expect(firingOf(histogram(values.map((value) => -0.1 - value)))).toMatchObject({ below: true });
    expect(firingOf(histogram([0, 0, 0]))).toEqual({ below: false, threshold: 0.01 });
  });
});
