import { describe, expect, it } from 'vitest';
import { FIND, FIND_MODES, readFind, writeFind } from '../../state/find';
import { guideFor } from './guide';

const setting = { words: ['though', 'not very'], chips: 8, judged: true, bounded: true };

describe('guideFor', () => {
  it.each(FIND_MODES)('offers for “%s” only what a link can hold', (mode) => {
    for (const { find } of guideFor(mode, setting).examples) {
      const whole = { ...FIND, mode, ...find };
      expect(readFind(writeFind(whole))).toEqual(whole);
    }
  });

  it('offers no verdict where none was published, and no word that the vocabulary lacks', () => {
    const { examples } = guideFor('sentences', { ...setting, judged: false, words: [] });
    expect(examples.map(({ title }) => title)).toEqual(['Five words at most']);
    expect(guideFor('concordance', { ...setting, words: [] }).examples).toEqual([]);
  });
});
