import { describe, expect, it } from 'vitest';
import type { Clustering } from '../data/types';
import { heldOf, numbered } from './held';

const clustering = { units: { order: [2, 0, 1] }, words: { order: [1, 2, 0] } } as unknown as Clustering;

describe('what is held', () => {
  it.each([
    ['chip', 0, 2],
    ['cloud', 0, 3],
  ] as const)('is a %s by its drawn number, whatever its label', (kind, cluster, number) => {
    expect(numbered({ kind, cluster }, 'b', clustering)).toEqual({ kind, number, side: 'b' });
    expect(heldOf({ kind, number, side: 'b' }, 'b', clustering)).toEqual({ kind, cluster });
  });
  it('is nothing on the other side, beyond the last number, or while the clusters are unknown', () => {
    expect(heldOf({ kind: 'chip', number: 1, side: 'b' }, 'a', clustering)).toBeNull();
    expect(heldOf({ kind: 'chip', number: 4, side: 'a' }, 'a', clustering)).toBeNull();
    expect(heldOf({ kind: 'chip', number: 1, side: 'a' }, 'a', null)).toBeNull();
    expect(numbered({ kind: 'chip', cluster: 7 }, 'a', clustering)).toBeNull();
  });
});
