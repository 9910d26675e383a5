import type { UnitHistogram, UnitRow } from '../../data/types';
import type { Table } from '../table/csv';
import type { WordBox } from './boxRows';
import type { Measure } from './measures';
import type { ContextRow } from './unitData';

export function wordsTable(unit: number, words: readonly WordBox[]): Table {
  const quantiles = [9, 25, 50, 75, 91];
  return {
    caption: `Words that move unit ${unit} most`,
    columns: [
      { name: 'word', about: 'The word', corpus: true },
      { name: 'uses', about: 'Uses measured' },
      { name: 'mean', about: 'Mean change of the unit at the word', digits: 4 },
      { name: 'standard error', about: 'Standard error of that mean', digits: 4 },
      ...quantiles.map((q) => ({ name: `q${String(q).padStart(2, '0')}`, about: `${q} % quantile over the uses`, digits: 4 })),
    ],
    rows: words.map((word) => [
      word.text,
      word.uses,
      word.mean,
      word.standardError,
      ...quantiles.map((_, i) => word.quantiles?.[i] ?? null),
    ]),
  };
}

export function contextsTable(unit: number, rows: readonly ContextRow[]): Table {
  return {
    caption: `Where unit ${unit} is highest and lowest`,
    columns: [
      { name: 'value', about: 'State of the unit after the word', digits: 4 },
      { name: 'word', about: 'The word', corpus: true },
      { name: 'position', about: 'Its place in the sentence, from 1' },
      { name: 'sentence', about: 'The sentence as the source has it', corpus: true },
      { name: 'key', about: 'Key of the sentence' },
    ],
    rows: rows.map(({ context, sentence }) => [
      context.value,
      sentence.surface[context.step] ?? '',
      context.step + 1,
      sentence.text,
      sentence.key,
    ]),
  };
}

export function histogramTable(of: UnitHistogram): Table {
  return {
    caption: `Activation of unit ${of.unit} over every step`,
    columns: [
      { name: 'from', about: 'Lower border of the bin', digits: 4 },
      { name: 'to', about: 'Upper border of the bin', digits: 4 },
      { name: 'steps', about: 'Steps in the bin' },
    ],
    rows: of.counts.map((steps, i) => [of.edges[i]!, of.edges[i + 1]!, steps]),
  };
}

export function unitsTable(rows: readonly UnitRow[], measures: readonly Measure[]): Table {
  return {
    caption: 'All units',
    columns: [
      { name: 'unit', about: 'Unit number' },
      ...measures.map(({ title }) => ({ name: title.toLowerCase(), about: title, digits: 4 })),
    ],
    rows: rows.map((row) => [row.unit, ...measures.map((measure) => measure.value(row))]),
  };
}
