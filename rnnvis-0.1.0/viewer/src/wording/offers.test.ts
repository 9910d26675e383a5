import { describe, expect, it } from 'vitest';
import { offers, pairOf } from './offers';

const probes = { plot: 'p', 'plot-reversed': 'q', other: 'o' };

describe('offers of a second sentence', () => {
  it('begin with the other order of a probe', () => {
    expect(offers(probes, 'p').map(({ key }) => key)).toEqual(['q', 'o']);
    expect(offers(probes, 'q').map(({ key }) => key)).toEqual(['p', 'o']);
    expect(offers(probes, 'p')[0]!.about).toBe('The same clauses in the other order');
  });

  it('are all probes for a sentence that is none, and nothing where there are none', () => {
    expect(offers(probes, 'x').map(({ key }) => key)).toEqual(['p', 'q', 'o']);
    expect(offers({}, 'x')).toEqual([]);
  });

  it('pair a sentence with its other order, else the first that has one', () => {
    const named = { alone: 'o', 'plot-though': 'p', 'plot-though-reversed': 'q' };
    expect(pairOf(named, 'q')).toEqual({ first: 'q', second: 'p', turn: 'though' });
    expect(pairOf(named, 'x')).toEqual({ first: 'p', second: 'q', turn: 'though' });
    expect(pairOf({ alone: 'o' }, 'o')).toBeNull();
  });
});
