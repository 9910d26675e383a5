import { describe, expect, it } from 'vitest';
import type { UnitRow, Vocabulary, WordResponse } from '../../data/types';
import { toCsv } from '../../model/csv';
import { arrange } from './arrange';
import { movedBy, typedWord } from './byWord';
import { columnsFor, listTable } from './columns';

const vocabulary = {
  id: new Map([
    ['not', 3],
    ['Not', 4],
    ['n', 5],
  ]),
} as unknown as Vocabulary;
const response: WordResponse = {
  wordId: 3,
  count: 1012,
  reliability: 0.99,
  norm: 1,
  mean: Float32Array.from([0.1, -0.3, 0.02, 0.2]),
  standardError: Float32Array.from([0.01, 0.02, 0.004, 0.005]),
};
const rows = [0, 1, 2, 3].map(
  (unit) => ({ unit, topWords: Int32Array.of(), bottomWords: Int32Array.of() }) as unknown as UnitRow,
);
const how = { sort: 'moved', descending: true, ranges: [], chip: null, found: null } as const;
const chips = new Map<number, number>();
const columns = columnsFor({ measures: [], moved: movedBy('not', response), rows, chips, text: [] });
const known = { columns, chips };

describe('units by a word', () => {
  it('takes a word of the vocabulary, its own case first, and no part of one', () => {
    expect([' not ', 'NOT', 'Not', 'no', ''].map((typed) => typedWord(vocabulary, typed))).toEqual([
      3,
      3,
      4,
      null,
      null,
    ]);
  });

  it('ranks all units by how much it moves them, whichever way', () => {
    expect(arrange(rows, how, known).map(({ unit }) => unit)).toEqual([1, 3, 0, 2]);
    expect(arrange(rows, { ...how, descending: false }, known).map(({ unit }) => unit)).toEqual([2, 0, 3, 1]);
  });

  it('says the number with its sign and its error, in the digits that the error needs', () => {
    const measure = movedBy('not', response);
    expect(rows.map((row) => measure.withError!(row))).toEqual([
      '+0.100 ± 0.010',
      '−0.300 ± 0.020',
      '+0.020 ± 0.004',
      '+0.200 ± 0.005',
    ]);
  });

  it('stands with its error in the CSV', () => {
    const csv = toCsv(listTable(arrange(rows, how, known), columns)).split(/\r?\n/);
    expect(csv[0]).toContain('moved by “not”');
    expect(csv[0]).toContain('standard error');
    expect(csv[1]).toMatch(/^1,-0\.3\d*,0\.02/);
  });
});
