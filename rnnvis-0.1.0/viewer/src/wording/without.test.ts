import { describe, expect, it } from 'vitest';
import type { ChipEffect } from '../data/measured';
import { samplePicture } from '../model/sample';
import { plain } from './tip';
import { againstChance, describeWithout, ofAllText, whyNot, withoutGroups, withoutLine, withoutTable } from './without';

const { clustering, vocabulary } = samplePicture({ k: 4 });
const effect = (some: Partial<ChipEffect>): ChipEffect => ({
  cluster: 1,
  subject: 'all',
  value: -1,
  count: 400,
  increase: 0.06,
  standardError: 0.004,
  random: 0.015,
  randomSpread: 0.006,
  ...some,
});
const rows = [
  effect({}),
  effect({ cluster: 2, increase: 0.5 }),
  effect({ subject: 'class', value: 1, increase: 0.07 }),
  effect({ subject: 'class', value: 0 }),
  ...[3, 0, 2].map((value) =>
    effect({ subject: 'words', value, increase: value / 10, standardError: value ? 0.01 : null }),
  ),
];
const names = { clustering, vocabulary, labels: ['negative', 'positive'], kind: 'classifier' as const };
const groups = withoutGroups({ rows, largest: 4 }, 1, names);

describe('withoutGroups', () => {
  it('takes the rows of one chip: all text, labels, and clouds as they are numbered', () => {
    expect(groups.map(({ rows: some }) => some.map(({ name }) => name))).toEqual([
      ['All text'],
      ['negative', 'positive'],
      clustering.words.order.flatMap((cluster, i) => (cluster === 1 ? [] : [`Words ${i + 1}`])),
    ]);
    const cloud = groups[2]!.rows[0]!;
    expect(cloud.effect.value).toBe(clustering.words.order.find((cluster) => cluster !== 1));
    expect(cloud.words).toHaveLength(3);
    const members = clustering.words.labels;
    for (const word of cloud.words)
      expect(members[clustering.words.ids.indexOf(vocabulary.id.get(word)!)]).toBe(cloud.effect.value);
  });
  it('has the rows of the panel in its table', () => {
    const table = withoutTable(2, groups);
    expect(table.caption).toBe('Without chip 2');
    expect(table.rows).toHaveLength(6);
    expect(table.rows[2]!.slice(0, 5)).toEqual(['positive', '', 400, 0.07, 0.004]);
  });
});

describe('sentences', () => {
  it('compares with random groups', () => {
    expect(withoutLine(rows[0]!, 7)).toBe(
      'Without it the loss rises by 0.060 ± 0.004 nats; without 7 random units it rises by 0.015 ± 0.006.',
    );
    expect(withoutLine(effect({ random: null }), 1)).toBe('Without it the loss rises by 0.060 ± 0.004 nats.');
    expect(againstChance(rows[0]!)).toContain('more than');
    expect(againstChance(effect({ increase: 0.02 }))).toContain('about as much');
    expect(againstChance(effect({ increase: -0.02 }))).toContain('less than');
    expect(againstChance(effect({ randomSpread: null }))).toBeNull();
  });
  it('counts the text', () => {
    expect(
      plain(
        describeWithout(
          { name: 'Words 1', cloud: 1, words: ['a', 'b'], effect: effect({ count: 1, standardError: null }) },
          2,
          'language model',
        ),
      ),
    ).toBe(
      'Words 1: a and b. Without the chip the loss rises by 0.060 nats. Without 2 random units: 0.015 ± 0.006. 1 guess, too few for a standard error.',
    );
  });
  it('says why there is nothing', () => {
    const titles = { method: 'spectral', selection: 'most frequent' };
    const said = 'Nothing was switched off: the StateSource does not say how its states are held.';
    expect(whyNot(null, clustering, { ablation: said }, titles)).toBe(said);
    expect(whyNot({ rows: [], largest: 12 }, { ...clustering, k: 16 }, {}, titles)).toBe(
      'Measured for up to 12 chips; here are 16.',
    );
    expect(whyNot({ rows: [], largest: 0 }, clustering, {}, titles)).toBe(
      'Not measured for groups by spectral of words by most frequent.',
    );
    expect(whyNot({ rows, largest: 4 }, clustering, {}, titles)).toBeNull();
    expect(ofAllText({ rows, largest: 4 }, 2)?.increase).toBe(0.5);
    expect(ofAllText(null, 2)).toBeNull();
  });
});
