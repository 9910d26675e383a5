import { FEATURES } from '../../data/figures';
import { FEATURE_ORDER, type Gate } from '../../data/measured';
import type { Along } from '../../data/signal';
import type { UnitHistogram, UnitRow } from '../../data/types';
import type { Followed } from '../../model/followed';
import type { Table } from '../../model/csv';
import type { WordBox } from './boxRows';
import { measureCells, measureColumns } from '../../wording/measureTable';
import type { Measure } from '../../wording/measures';
import { gateName } from '../../wording/told';
import type { ContextRow, NextWords, WordPair } from './unitData';

export function wordsTable(unit: number, words: readonly WordBox[]): Table {
  const quantiles = [9, 25, 50, 75, 91];
  return {
    caption: `Words that move unit ${unit} most`,
    columns: [
      { name: 'word', about: 'The word', corpus: true },
      { name: 'uses', about: 'Uses measured' },
      { name: 'mean', about: 'Mean change of the unit at the word', digits: 4 },
      { name: 'standard error', about: 'Standard error of that mean', digits: 4 },
      ...quantiles.map((q) => ({
        name: `q${String(q).padStart(2, '0')}`,
        about: `${q} % quantile over the uses`,
        digits: 4,
      })),
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

export function alongTable(words: readonly string[], units: readonly Followed[]): Table {
  return {
    caption: 'Units along the sentence of the picture',
    columns: [
      { name: 'word', about: 'The word', corpus: true },
      ...units.map(({ unit }) => ({
        name: `unit ${unit}`,
        about: `State of unit ${unit} after the word`,
        digits: 4,
      })),
    ],
    rows: words.map((word, step) => [word, ...units.map(({ values }) => values[step] ?? null)]),
  };
}

export function pairsTable(unit: number, pairs: readonly WordPair[]): Table {
  return {
    caption: `Pairs of words that move unit ${unit} otherwise than the word alone`,
    columns: [
      { name: 'read before', about: 'The word read before; empty where there is none', corpus: true },
      { name: 'word', about: 'The word', corpus: true },
      { name: 'uses', about: 'Uses of the pair' },
      { name: 'mean', about: 'Mean change of the unit there', digits: 4 },
      { name: 'at all uses', about: 'Mean change at all uses of the word', digits: 4 },
    ],
    rows: pairs.map(({ before, word, uses, mean, alone }) => [before, word, uses, mean, alone]),
  };
}

export function channelsTable(unit: number, channels: readonly Along[]): Table {
  return {
    caption: `Channels that unit ${unit} goes along with`,
    columns: [
      { name: 'channel', about: 'The channel of the signal', corpus: true },
      { name: 'truth', about: 'Whether the model does not read it' },
      { name: 'correlation', about: 'Correlation of the state after a step with the channel at the step', digits: 4 },
      { name: 'standard error', about: 'Standard error of that correlation', digits: 4 },
    ],
    rows: channels.map(({ channel, correlation, standardError }) => [
      channel.name,
      channel.truth ? 'yes' : 'no',
      correlation,
      standardError,
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

/** What the unit tells, its gates and its next words, each where it was measured. */
export function measuredTables({ unit, told = {} }: UnitRow, gates: readonly Gate[], next: NextWords | null): Table[] {
  const tells: Table = {
    caption: `What the state of unit ${unit} tells`,
    columns: [
      { name: 'about', about: 'Feature of the step' },
      { name: 'bits', about: 'Mutual information of the state with the feature', digits: 4 },
      { name: 'chance', about: 'The same with the feature shuffled', digits: 4 },
      { name: 'highest at', about: 'Value of the feature at which the mean state is highest' },
      { name: 'lowest at', about: 'Value of the feature at which the mean state is lowest' },
    ],
    rows: FEATURE_ORDER.flatMap((feature) => {
      const of = told[feature];
      return of ? [[FEATURES[feature].title.toLowerCase(), of.bits, of.shuffled, of.highest, of.lowest]] : [];
    }),
  };
  const open: Table = {
    caption: `Gates of unit ${unit}`,
    columns: [
      { name: 'gate', about: 'Which gate' },
      { name: 'mean', about: 'Mean over every step, 0 to 1', digits: 4 },
      { name: 'closed', about: 'Share of steps where it is below 0.1', digits: 4 },
      { name: 'open', about: 'Share of steps where it is above 0.9', digits: 4 },
    ],
    rows: gates.map((gate) => [gateName(gate.gate).toLowerCase(), gate.mean, gate.closed, gate.open]),
  };
  const words: Table = {
    caption: `Next words that unit ${unit} speaks for and against`,
    columns: [
      { name: 'rank', about: 'From the strongest, which is 1' },
      { name: 'makes likelier', about: 'Next word that a high value speaks for', corpus: true },
      { name: 'makes unlikelier', about: 'Next word that a high value speaks against', corpus: true },
    ],
    rows: (next?.raises ?? []).map((word, i) => [i + 1, word, next!.lowers[i] ?? null]),
  };
  return [tells, open, words].filter((table) => table.rows.length);
}

export function unitsTable(rows: readonly UnitRow[], measures: readonly Measure[]): Table {
  return {
    caption: 'All units',
    columns: [{ name: 'unit', about: 'Unit number' }, ...measures.flatMap(measureColumns)],
    rows: rows.map((row) => [row.unit, ...measures.flatMap((measure) => measureCells(measure, row))]),
  };
}
