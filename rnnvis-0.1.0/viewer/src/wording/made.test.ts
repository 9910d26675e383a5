import { describe, expect, it } from 'vitest';
import type { Switch } from '../data/made';
import { ungrouped } from '../data/decode';
import type { Clustering } from '../data/types';
import { switchedOff } from '../model/switched';
import { aboutMade, switchName, unitsName } from './made';

/** Five units in two chips: chip 1 is cluster 1 with units 3 and 4, chip 2 is cluster 0 with the others. */
const clustering: Clustering = {
  ...ungrouped(5, { method: 'block', selection: 'reliable', k: 2 }),
  units: {
    ids: Int32Array.from([4, 0, 1, 2, 3]),
    labels: Uint8Array.from([1, 0, 0, 0, 1]),
    order: [1, 0],
    summaries: [],
  },
};
const off = (units: number[], some: Partial<Switch> = {}): Switch => ({
  state: 'rnn.0.h',
  units,
  instead: 'zero',
  first: 0,
  ...some,
});
const sentence = { surface: ['a', 'dull', 'plot'] };

describe('what is held, in words', () => {
  it.each<[Switch, string]>([
    [off([3, 4]), 'without chip 1'],
    [off([0, 1, 2, 3, 4]), 'without chips 1 and 2'],
    [off([3]), 'without unit 3'],
    [off([0, 3]), 'without 2 units'],
    [off([3, 4], { state: 'rnn.1.h' }), 'without 2 units of rnn.1.h'],
    [off([3, 4], { instead: 'mean', first: 1 }), 'chip 1 at their means from “dull” on'],
    [off([3], { instead: 'mean' }), 'unit 3 at its mean'],
    [off([3, 4], { instead: 'previous', first: 7 }), 'chip 1 frozen from word 8 on'],
    [off([3, 4], { instead: { times: 1.5 } }), 'chip 1 × 1.5'],
    [off([3, 4], { instead: { carried: { key: 'x', step: 1 } }, first: 2 }), 'chip 1 carried in at “plot”'],
  ])('%j', (one, text) => expect(switchName(one, clustering, 'rnn.0.h', sentence)).toBe(text));

  it('counts units where the grouping is not there', () => {
    expect(unitsName(off([3, 4]), null, 'rnn.0.h')).toBe('2 units');
  });

  it('says what a made sentence is, but not twice what the first one is too', () => {
    const made = (key: string) => ({ key, surface: ['dull'] }) as never;
    expect(aboutMade(made('typed::dull'), null, clustering, 'rnn.0.h')).toBe('Typed');
    expect(aboutMade(made('words::dull'), 'cb1f', clustering, 'rnn.0.h')).toBe('Edited');
    expect(aboutMade(made('typed:rnn.0.h,zero,3-4,0:dull'), 'typed::dull', clustering, 'rnn.0.h')).toBe(
      'Without chip 1',
    );
    expect(aboutMade(made('cb1f'), null, clustering, 'rnn.0.h')).toBeNull();
  });
});

describe('chips that are switched off', () => {
  it('are those all of whose units are held in one sentence, at something that says nothing', () => {
    const of = (...keys: (string | null)[]) => [...switchedOff(keys, 'rnn.0.h', clustering)];
    expect(of('with:rnn.0.h,zero,3-4,0:cb1f', null)).toEqual([1]);
    expect(of('with:rnn.0.h,mean,3,0;rnn.0.h,previous,4,2:cb1f')).toEqual([1]);
    expect(of('with:rnn.0.h,zero,3,0:cb1f', 'with:rnn.0.h,zero,4,0:cb1f')).toEqual([]);
    expect(of('with:rnn.0.h,x0.5,3-4,0:cb1f')).toEqual([]);
    expect(of('with:rnn.1.h,zero,3-4,0:cb1f')).toEqual([]);
    expect(of('cb1f', 'typed::a')).toEqual([]);
  });
});
