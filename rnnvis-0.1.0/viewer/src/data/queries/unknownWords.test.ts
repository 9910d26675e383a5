import { expect, test } from 'vitest';
import type { Source } from '../source';
import type { DatasetEntry, Vocabulary } from '../types';
import { unknownWords } from './unknownWords';

const ROWS: Record<string, unknown[]> = {
  sentence_id: [5, 6, 7],
  key: ['a', 'b', 'c'],
  text: ['a b', 'b Odd c Even', 'Odd'],
  split: ['test', 'test', 'test'],
  label: [0, 1, 1],
  length: [2, 4, 1],
  tokens: [[0, 1], [1, 3, 2, 3], [3]],
  surface: [['a', 'b'], ['b', 'Odd', 'c', 'Even'], ['Odd']],
};

test('words that stand for the unknown one are given as they were written', async () => {
  const source = {
    owner: () => 0,
    table: () => ({
      rows: 3,
      columns: (_: number, __: number, names: string[]) =>
        Promise.resolve(Object.fromEntries(names.map((name) => [name, ROWS[name]!]))),
    }),
  } as unknown as Source;
  const vocabulary = { special: [false, false, false, true] } as unknown as Vocabulary;
  const found = await unknownWords(source, {} as DatasetEntry, vocabulary, [5, 6]);
  expect([...found]).toEqual([[6, ['Odd', 'Even']]]);
});
