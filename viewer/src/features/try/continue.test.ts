import { describe, expect, it } from 'vitest';
import type { SentenceSteps, Vocabulary } from '../../data/types';
import type { SpecWords } from '../../infer';
import { branchTable, continued, grown, judged, lastWord, offers, type Branch } from './continue';

const TEXT = ['<unk>', 'the', 'film', 'is', 'good', 'bad', 'Bad'];
const vocabulary = { text: TEXT, id: new Map(TEXT.map((text, id) => [text, id])) } as unknown as Vocabulary;
const how: SpecWords = {
  kind: 'spaced',
  addresses: false,
  fold_case: false,
  unknown: 0,
  start: null,
  end: null,
  mark: null,
  share: null,
};
const next: SentenceSteps['next'] = {
  p: Float32Array.from([0.5, 0.25, Number.NaN]),
  count: 2,
  ids: Int32Array.from([2, 3, 3, 4, 5, 0]),
  probabilities: Float32Array.from([0.5, 0.125, 0.25, 0.125, 0.75, 0.0625]),
};

describe('continuing a sentence', () => {
  it('offers the likeliest words after a step', () => {
    expect(offers({ next }, 1, how, vocabulary)).toEqual([
      { id: 3, text: 'is', p: 0.25, writable: true },
      { id: 4, text: 'good', p: 0.125, writable: true },
    ]);
    expect(offers({ next }, -1, how, vocabulary)).toEqual([]);
    expect(offers({ next: null }, 0, how, vocabulary)).toEqual([]);
  });

  it('does not offer what cannot be written: another word has its text', () => {
    const twice = { ...vocabulary, id: new Map([...vocabulary.id, ['good', 1]]) };
    expect(offers({ next }, 1, how, twice).map(({ writable }) => writable)).toEqual([true, false]);
  });

  it('leaves out what came after the step', () => {
    const edit = continued(['the', 'film', 'is', 'good'], 1, 'was');
    expect(edit.words).toEqual(['the', 'film', 'was']);
    expect([0, 1, 2, 3].map((step) => edit.moved(step))).toEqual([0, 1, null, null]);
  });

  it('goes on before the mark that ends every sentence', () => {
    expect(lastWord(Int32Array.from([1, 2, 6]), { ...how, end: 6 })).toBe(1);
    expect(lastWord(Int32Array.from([1, 2, 6]), how)).toBe(2);
    expect(lastWord(Int32Array.from([6]), { ...how, end: 6 })).toBe(0);
  });
});

describe('continuations', () => {
  const branch = (words: string[], kept: number): Branch => ({
    key: words.join(' '),
    words,
    kept,
    p: Number.NaN,
    perplexity: Number.NaN,
  });

  it('are judged by the probability of what was added, and by all their words', () => {
    const loss = Float32Array.from([Math.log(2), Math.log(4), Number.NaN]);
    expect(judged(branch(['the', 'film', 'is'], 1), { next, loss })).toMatchObject({ p: 0.125 });
    const one = judged(branch(['the', 'film', 'is'], 2), { next, loss });
    expect(one.p).toBe(0.25);
    expect(one.perplexity).toBeCloseTo(Math.sqrt(8), 5);
    expect(branchTable([one]).rows).toEqual([['the film is', 'is', 0.25, one.perplexity]]);
  });

  it('grow at their end, and stand beside each other from one word on', () => {
    const is = branch(['the', 'film', 'is'], 2);
    const good = branch(['the', 'film', 'is', 'good'], 3);
    const bad = branch(['the', 'film', 'is', 'bad'], 3);
    const first = grown([], 'the film', is);
    const second = grown(first, is.key, good);
    expect(second, 'the longer one takes the place of the shorter').toEqual([{ ...good, kept: 2 }]);
    const third = grown(second, good.key, bad);
    expect(third).toEqual([{ ...good, kept: 2 }, bad]);
    expect(grown(third, good.key, bad), 'no sentence stands there twice').toEqual(third);
  });
});
