import { describe, expect, it } from 'vitest';
import { distanceOf, surpriseOf } from './surprise';

/** As `rnnvis.measures.words.surprise.use_distances` keeps them. */
function kept(uses: readonly number[]): Float32Array {
  if (uses.length <= 101) return Float32Array.from(uses);
  return Float32Array.from({ length: 101 }, (_, i) => uses[Math.floor((i * (uses.length - 1)) / 100 + 0.5)]!);
}

function plain(distance: number, uses: readonly number[]): number {
  const nearer = uses.filter((use) => use < distance).length;
  const asFar = uses.filter((use) => use === distance).length;
  return (100 * (nearer + asFar / 2)) / uses.length;
}

describe('surprise of a step that was not measured', () => {
  it.each([
    [[1], 1],
    [[1], 2],
    [[1, 1], 1],
    [[0, 0.5, 0.5, 3], 0.5],
    [[0, 0.5, 0.5, 3], 0],
    [[0.25, 0.5, 2], 0.125],
    [[0.25, 0.5, 2], 4],
  ])('of uses %j that are all kept it is that of all at %d', (uses, distance) => {
    expect(surpriseOf(distance, kept(uses), uses.length)).toBeCloseTo(plain(distance, uses), 10);
  });

  it.each([102, 150, 777, 5000])('of %d uses it is within one percent, also where a tenth are equally far', (count) => {
    const uses = Array.from({ length: count }, (_, i) => 1024 + ((i * i) % 1024))
      .map((use, i) => (i % 10 ? use : 1500))
      .sort((a, b) => a - b);
    for (let distance = 1024; distance < 2048; distance += 7)
      expect(Math.abs(surpriseOf(distance, kept(uses), count) - plain(distance, uses))).toBeLessThanOrEqual(1);
    expect(Math.abs(surpriseOf(1500, kept(uses), count) - plain(1500, uses))).toBeLessThanOrEqual(1);
  });

  it('takes for as far what only rounding tells apart, and nothing beyond', () => {
    const uses = Float32Array.of(0.7001953125, 0.701171875);
    expect(surpriseOf(0.70019, uses, 2)).toBe(25);
    expect(surpriseOf(0.70098, uses, 2)).toBe(75);
    expect(surpriseOf(0.7, uses.subarray(1), 1)).toBe(0);
  });

  it('is not known of a word without uses', () => {
    expect(surpriseOf(1, new Float32Array(0), 0)).toBeNaN();
  });

  it('measures how far a change lies from the usual one', () => {
    const sequence = { length: 2, units: 2, initial: Float32Array.of(1, 0), values: Float32Array.of(4, 4, 0, 0) };
    const response = {
      wordId: 0,
      count: 1,
      reliability: null,
      norm: 0,
      mean: Float32Array.of(0, 0),
      standardError: null,
    };
    expect(distanceOf(sequence, 0, response)).toBeCloseTo(5, 6);
  });
});
