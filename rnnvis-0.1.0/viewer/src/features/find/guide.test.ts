import { describe, expect, it } from 'vitest';
import { FIND, FIND_MODES, readFind, writeFind } from '../../state/find';
import { guideFor, phrasesOf } from './guide';

const setting = { words: ['though', 'not very'], chips: 8, judged: true, bounded: true };

describe('phrasesOf', () => {
  it('takes frequent words of the text, and nothing that is no word of it', () => {
    const text = ['<unk>', 'यह', '।', 'फ़िल्म', 'अच्छी', '##s', 'once'];
    const count = [99, 50, 60, 20, 10, 80, 1];
    const special = text.map((word) => word === '<unk>');
    expect(phrasesOf(text, count, special)).toEqual(['यह', 'फ़िल्म', 'अच्छी']);
  });

  it('passes over the most frequent words of a large vocabulary', () => {
    const text = Array.from({ length: 100 }, (_, i) => `w${i}`);
    expect(
      phrasesOf(
        text,
        text.map((_, i) => 1000 - i),
        text.map(() => false),
        2,
      ),
    ).toEqual(['w10', 'w11']);
  });
});

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
