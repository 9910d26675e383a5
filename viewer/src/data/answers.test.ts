import { expect, test } from 'vitest';
import { answersOf, corpusOf } from './answers';
import type { Source } from './source';
import type { DatasetEntry, ModelEntry } from './types';

const DATASET = { name: 'd' } as DatasetEntry;
const MODEL = { name: 'm', classes: ['no', 'yes'] } as ModelEntry;

/** A source of two tables; counts how often they are read. */
function source(predictions: Record<string, unknown[]> | null): { source: Source; reads: string[] } {
  const reads: string[] = [];
  const sentences: Record<string, unknown[]> = {
    sentence_id: [0, 1, 2],
    key: ['p', 'q', 'r'],
    text: ['Élan', 'but', 'Vital'],
    split: ['probe', 'test', 'test'],
    label: [null, 1, 0],
    length: [1, 1, 1],
  };
  const table = (name: string, rows: Record<string, unknown[]>): unknown => ({
    rows: 3,
    columns: (start: number, end: number, names: string[]) => {
      reads.push(name);
      return Promise.resolve(Object.fromEntries(names.map((one) => [one, (rows[one] ?? []).slice(start, end)])));
    },
  });
  const made = {
    url: 'here',
    owner: (entry: unknown) => (entry === DATASET ? 0 : 1),
    table: (_: unknown, name: string) =>
      name === 'sentences' ? table(name, sentences) : predictions && table(name, predictions),
  };
  return { source: made as unknown as Source, reads };
}

test('answers stand at the places of their sentences, with NaN and −1 for what is not there', async () => {
  const { source: from, reads } = source({
    sentence_id: [2, 1],
    predicted: [0, null],
    p_class: [[0.75, 0.25], null],
    value: [],
    target: [],
    loss: [0.25, null],
    surprise: [50, null],
    surprise_step: [4, null],
  });
  const corpus = await corpusOf(from, DATASET);
  const answers = (await answersOf(from, DATASET, MODEL))!;
  expect([...corpus.label]).toEqual([-1, 1, 0]);
  expect(corpus.folded(0)).toBe('elan');
  expect([...answers.predicted]).toEqual([-1, -1, 0]);
  expect([...answers.probabilities]).toEqual([NaN, NaN, NaN, NaN, 0.75, 0.25]);
  expect([...answers.loss]).toEqual([NaN, NaN, 0.25]);
  expect([...answers.surpriseStep]).toEqual([-1, -1, 4]);
  expect(answers.value.every(Number.isNaN)).toBe(true);
  await answersOf(from, DATASET, MODEL);
  expect(reads).toEqual(['sentences', 'predictions']);
});

test('without the table there are no answers', async () => {
  expect(await answersOf(source(null).source, DATASET, MODEL)).toBeNull();
});
