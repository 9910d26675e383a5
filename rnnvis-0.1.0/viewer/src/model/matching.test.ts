import { describe, expect, it } from 'vitest';
import type { Matching } from '../data/comparison';
import { inOrderOf, matchBack, matchLabel, matchOf } from './matching';
import { samplePicture } from './sample';

const matching: Matching = {
  b: Int32Array.of(2, 0, -1, 1),
  strength: Float32Array.of(0.85, 0.36, NaN, -0.17),
  best: Int32Array.of(2, 2, 0, 1),
  bestStrength: Float32Array.of(0.85, 0.6, 0.2, -0.17),
};

describe('matches', () => {
  it('are read from either side', () => {
    expect(matchOf(matching, 0)).toEqual({ partner: 2, strength: expect.closeTo(0.85) as number });
    expect(matchBack(matching, 2)).toEqual({ partner: 0, strength: expect.closeTo(0.85) as number });
    expect([matchOf(matching, 2), matchBack(matching, 3), matchOf(null, 0)]).toEqual([null, null, null]);
  });

  it('are always named with their number', () => {
    expect([0.85, 0.5, 0.36, -0.17, -0.001].map(matchLabel)).toEqual([
      'match 0.85',
      'match 0.50',
      'weak 0.36',
      'weak −0.17',
      'weak 0.00',
    ]);
  });
});

describe('inOrderOf', () => {
  const { clustering } = samplePicture({ k: 4 });
  const own = clustering.units.order;

  it('puts each chip in the place of its match, and what is left after them', () => {
    const order = inOrderOf(clustering, [3, 1, 0, 2], matching).units.order;
    expect(order).toEqual([1, 0, 2, 3]);
    expect(clustering.units.order).toBe(own);
  });

  it('keeps every cloud beside its chip', () => {
    const ordered = inOrderOf(clustering, [3, 1, 0, 2], matching);
    const pairs = (one: typeof clustering): string[] =>
      one.units.order.map((chip, i) => `${chip} ${one.words.order[i]!}`).sort();
    expect(pairs(ordered)).toEqual(pairs(clustering));
  });
});
