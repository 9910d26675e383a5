import { describe, expect, it } from 'vitest';
import { spanOf, spanWords, stepAt } from './brush';

describe('brush', () => {
  it('spans two steps in either order', () => {
    expect([spanOf(2, 5), spanOf(5, 2), spanOf(3, 3)]).toEqual([
      [2, 5],
      [2, 5],
      [3, 3],
    ]);
  });

  it('finds the row under the pointer and stays inside the sentence', () => {
    expect([0, 55, 56, 299].map((y) => stepAt(y, 56, 0, 4))).toEqual([0, 0, 1, 3]);
    expect([0, 120, 900].map((y) => stepAt(y, 56, 2, 4))).toEqual([0, 0, 3]);
    expect(stepAt(-20, 56, 0, 4)).toBe(0);
  });

  it('counts its words', () => {
    expect([spanWords([2, 2]), spanWords([2, 4])]).toEqual(['1 word', '3 words']);
  });
});
