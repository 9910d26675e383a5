import { describe, expect, it } from 'vitest';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry, Vocabulary } from '../types';
import { answersOf } from '../answers';
import { countMatches, searchSentences, sentencesById } from './sentences';
import type { SentenceSearch } from './search';

const TEXTS = ['But it is good', 'a button', 'not bad , but', 'Butter', "don't", 'a but-not b', 'Café noir', 'cafe'];
const WORDS = ['<unk>', 'but', 'it', 'is', 'good', 'a', 'button', 'not', 'bad', ',', 'do', "n't", 'butter', 'cafe'];
const TOKENS = [[1, 2, 3, 4], [5, 6], [7, 8, 9, 1], [12], [10, 11], [5, 0, 0], [13, 0], [13]];
const LOSS = [0.1, 2, null, 0.5, 0.5, 1, 3, 0];

function vocabularyOf(text: string[], special = text.map((word) => word === '<unk>')): Vocabulary {
  return {
    text,
    special,
    count: new Float64Array(text.length),
    speech: null,
    classAssociation: text.map(() => null),
    id: new Map(text.map((word, id) => [word, id])),
  };
}

/** A source that holds these tables, and has no engine to start; `reads` is told which of them are read. */
function sourceOf(vocabulary = vocabularyOf(WORDS), tokens = TOKENS, reads: string[] = []): Source {
  const tables: Record<string, Record<string, unknown[]>> = {
    sentences: {
      sentence_id: TEXTS.map((_, i) => 10 + i),
      key: TEXTS.map((_, i) => `k${i}`),
      text: TEXTS,
      split: TEXTS.map((_, i) => (i < 4 ? 'test' : 'train')),
      label: TEXTS.map((_, i) => i % 2),
      length: TOKENS.map((row) => row.length),
      tokens,
      surface: TEXTS.map((text) => text.split(' ')),
    },
    predictions: {
      // In another order, and without the sentence 12.
      sentence_id: [17, 10, 11, 13, 14, 15, 16],
      predicted: [1, 0, 0, 1, 0, 0, 0],
      loss: [7, 0, 1, 3, 4, 5, 6].map((i) => LOSS[i]),
      surprise: [7, 0, 1, 3, 4, 5, 6],
      surprise_step: [0, 0, 0, 0, 0, 0, 0],
      p_class: [],
      value: [],
      target: [],
    },
  };
  return {
    url: 'test',
    queries: false,
    owner: (entry: object) => ('splits' in entry ? 0 : 1),
    table: (_: unknown, name: string) => ({
      rows: tables[name]!['sentence_id']!.length,
      columns: (_from: number, _to: number, names: string[]) =>
        Promise.resolve(Object.fromEntries(names.map((one) => [one, tables[name]![one]]))).finally(() =>
          reads.push(name),
        ),
    }),
    vocabulary: () => Promise.resolve(vocabulary),
    database: () => Promise.reject(new Error('the engine was started')),
  } as unknown as Source;
}

const dataset = { splits: {} } as unknown as DatasetEntry;
const model = { classes: [] } as unknown as ModelEntry;
const ALL: SentenceSearch = {
  text: '',
  label: null,
  split: null,
  verdict: null,
  order: 'corpus',
  limit: null,
  offset: 0,
};

async function found(search: Partial<SentenceSearch>, source = sourceOf()): Promise<number[]> {
  const { hits, total } = await searchSentences(source, dataset, model, { ...ALL, ...search });
  expect(total).toBeGreaterThanOrEqual(hits.length);
  return hits.map(({ id }) => id);
}

describe('searchSentences', () => {
  it('reads a text as the word, by the tokens, and not as its letters', async () => {
    expect(await found({ text: 'but', match: 'words' })).toEqual([10, 12]);
    expect(await found({ text: 'BUT', match: 'letters' })).toEqual([10, 11, 12, 13, 15]);
    expect(await countMatches(sourceOf(), dataset, 'but')).toEqual({ words: 2, letters: 5 });
  });

  it('cuts a phrase as the corpus cuts it, and folds accents', async () => {
    expect(await found({ text: "don't", match: 'words' })).toEqual([14]);
    expect(await found({ text: "n't", match: 'words' })).toEqual([14]);
    expect(await found({ text: 'bad, but', match: 'words' })).toEqual([12]);
    expect(await found({ text: 'café', match: 'words' })).toEqual([16, 17]);
  });

  it('finds a word that no token is by where its letters end', async () => {
    expect(await found({ text: 'noir', match: 'words' })).toEqual([16]);
    expect(await found({ text: 'noi', match: 'words' })).toEqual([]);
  });

  it.each([
    ['characters', ['b', 'u', 't', 'o', 'n']],
    ['pieces', ['▁but', 'ton', '▁a', 'but']],
    ['pieces that go on', ['but', '##ton', '##ter']],
  ])('does not take %s of a vocabulary for words', async (_, text) => {
    const source = sourceOf(
      vocabularyOf(text),
      TEXTS.map(() => [0, 1, 2]),
    );
    expect(await found({ text: 'but', match: 'words' }, source)).toEqual([10, 12, 15]);
  });

  it('marks where an expression was found, and keeps one that is found at nothing', async () => {
    const { hits } = await searchSentences(sourceOf(), dataset, model, { ...ALL, text: '/b(ut|ad)\\b/' });
    expect(hits.map(({ id, marks }) => [id, marks])).toEqual([
      [10, [[0, 3]]],
      [
        12,
        [
          [4, 7],
          [10, 13],
        ],
      ],
      [15, [[2, 5]]],
    ]);
    expect(await found({ text: '/z*/' })).toHaveLength(TEXTS.length);
    await expect(found({ text: '/(((/' })).rejects.toThrow(/cannot be read/);
    expect(await found({ text: '/\\-/' })).toEqual([15]);
  });

  it('filters by what the model made of a sentence, found by its number', async () => {
    expect(await found({ verdict: 'wrong' })).toEqual([11, 15]);
    expect(await found({ verdict: 'right', split: 'test' })).toEqual([10, 13]);
    expect(await found({ loss: [0.5, 1] })).toEqual([13, 14, 15]);
    expect(await found({ label: 1, surprise: [5, null] })).toEqual([15, 17]);
  });

  it('puts sentences without the number last, and equal ones as in the corpus', async () => {
    expect(await found({ order: 'loss' })).toEqual([16, 11, 15, 13, 14, 10, 17, 12]);
    expect(await found({ order: 'shortest' })).toEqual([13, 17, 11, 14, 16, 15, 10, 12]);
    expect(await found({ order: 'loss', limit: 2, offset: 1 })).toEqual([11, 15]);
  });

  it('reads what the model made of them once, for the search and for the answers beside its rows', async () => {
    const reads: string[] = [];
    const source = sourceOf(undefined, undefined, reads);
    await Promise.all([searchSentences(source, dataset, model, ALL), answersOf(source, model)]);
    await searchSentences(source, dataset, model, { ...ALL, verdict: 'wrong' });
    expect(reads.filter((name) => name === 'predictions')).toHaveLength(1);
  });

  it('looks sentences up by number', async () => {
    const rows = await sentencesById(sourceOf(), dataset, [17, 14]);
    expect([...rows].map(([id, { key, surface }]) => [id, key, surface])).toEqual([
      [14, 'k4', ["don't"]],
      [17, 'k7', ['cafe']],
    ]);
  });
});
