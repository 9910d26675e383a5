import { describe, expect, it } from 'vitest';
import type { SentenceSteps, Vocabulary } from '../../data/types';
import type { SpecWords } from '../../infer';
import type { Tree } from '../../state/tree';
import { goesOnFrom, judged, lastWord, leavesOf, offers, treeTable } from './continue';

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

  it('goes on before the mark that ends every sentence', () => {
    expect(lastWord(Int32Array.from([1, 2, 6]), { ...how, end: 6 })).toBe(1);
    expect(lastWord(Int32Array.from([1, 2, 6]), how)).toBe(2);
    expect(lastWord(Int32Array.from([6]), { ...how, end: 6 })).toBe(0);
  });
});

/** the film → is → good, bad; and after “the” alone: bad. */
const tree: Tree = {
  root: 'words::the\nfilm',
  grown: [
    { after: -2, word: 'is' },
    { after: 0, word: 'good' },
    { after: 0, word: 'bad' },
    { after: -1, word: 'bad' },
  ],
};

describe('continuations', () => {
  it('go on from the sentence, or from where they had grown to', () => {
    expect(goesOnFrom(tree, null, 1)).toBe(-2);
    // “the film is good”: after its last word, after “is”, and after “the” alone.
    expect([3, 2, 0].map((at) => goesOnFrom(tree, 1, at))).toEqual([1, 0, -1]);
    expect(goesOnFrom(tree, 3, 1)).toBe(3);
  });

  it('are judged word by word, by all that was added, and by all their words', () => {
    expect(leavesOf(tree)).toEqual([3, 1, 2]);
    const run = (...p: number[]) => ({
      next: { ...next, p: Float32Array.from([...p, Number.NaN]) },
      loss: Float32Array.from([...p.map((one) => -Math.log(one)), Number.NaN]),
    });
    // At each step stands the probability of the word after it.
    const said = judged(tree, [3, 1, 2], [run(0.125), run(0.5, 0.5, 0.25), run(0.5, 0.5, 0.0625)]);
    expect(said.map(({ p }) => p)).toEqual([0.5, 0.25, 0.0625, 0.125]);
    expect(said.map(({ path }) => path)).toEqual([0.5, 0.125, 0.03125, 0.125]);
    expect(said[0]!.perplexity, 'others were grown after it').toBeNaN();
    expect(said[1]!.perplexity).toBeCloseTo((0.5 * 0.5 * 0.25) ** (-1 / 3), 5);
    expect(treeTable(tree, said).rows[2]).toEqual(['the film is good', 'is good', 0.25, 0.125, said[1]!.perplexity]);
  });
});
