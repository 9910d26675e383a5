/** What a page without DuckDB can still look up: plain searches over the small tables that it holds. */

import { foldedText as folded } from '../folding';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry, StateEntry } from '../types';
import {
  expression,
  type SentenceHit,
  type SentenceHits,
  type SentenceOrder,
  type SentenceSearch,
  type Span,
} from './search';
import type { UnitWordRanks } from './unitWords';

interface Row extends SentenceHit {
  folded: string;
}

const held = new WeakMap<Source, Map<string, Promise<Row[]>>>();

const ORDERS: Record<SentenceOrder, (a: Row, b: Row) => number> = {
  corpus: () => 0,
  loss: (a, b) => (b.loss ?? -Infinity) - (a.loss ?? -Infinity),
  surprise: (a, b) => (b.surprise ?? -Infinity) - (a.surprise ?? -Infinity),
  longest: (a, b) => b.length - a.length,
  shortest: (a, b) => a.length - b.length,
  alphabet: (a, b) => (a.folded < b.folded ? -1 : a.folded > b.folded ? 1 : 0),
};

/** The same answer as `searchSentences`, by reading every sentence. */
export async function scanSentences(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  search: SentenceSearch,
): Promise<SentenceHits> {
  const wanted = condition(search.text);
  const found = (await sentences(source, dataset, model))
    .filter((row) => search.label === null || row.label === search.label)
    .filter((row) => search.split === null || row.split === search.split)
    .filter(
      (row) =>
        search.verdict === null ||
        (row.label !== null &&
          row.predicted !== null &&
          (row.predicted === row.label) === (search.verdict === 'right')),
    )
    .filter(
      (row) =>
        within(row.length, search.length) && within(row.loss, search.loss) && within(row.surprise, search.surprise),
    )
    .filter(wanted)
    .sort(ORDERS[search.order]);
  return {
    total: found.length,
    hits: found.slice(search.offset, search.limit === null ? undefined : search.offset + search.limit),
  };
}

/** The same answer as `rankUnitWords` by certainty, by reading every response. */
export async function scanUnitWords(
  source: Source,
  state: StateEntry,
  unit: number,
  each: number,
): Promise<UnitWordRanks> {
  const rows = (await source.table(state, 'responses')?.all(['word_id', 'count', 'mean', 'standard_error'])) ?? [];
  const ranked = rows
    .filter((row) => Number(row.count) >= state.measured.minimum_count && row.mean && row.standard_error)
    .map((row) => ({ id: row.word_id, mean: row.mean![unit]!, score: row.mean![unit]! / row.standard_error![unit]! }))
    .filter(({ score }) => Number.isFinite(score));
  const ids = (rising: boolean): number[] =>
    ranked
      .filter(({ mean }) => (rising ? mean > 0 : mean < 0))
      .sort((a, b) => (rising ? b.score - a.score : a.score - b.score) || a.id - b.id)
      .slice(0, each)
      .map(({ id }) => id);
  return { up: ids(true), down: ids(false) };
}

function sentences(source: Source, dataset: DatasetEntry, model: ModelEntry): Promise<Row[]> {
  const kept = held.get(source) ?? new Map<string, Promise<Row[]>>();
  held.set(source, kept);
  const key = `${source.owner(dataset)} ${source.owner(model)}`;
  const rows = kept.get(key) ?? read(source, dataset, model);
  kept.set(key, rows);
  rows.catch(() => kept.delete(key));
  return rows;
}

async function read(source: Source, dataset: DatasetEntry, model: ModelEntry): Promise<Row[]> {
  const table = source.table(dataset, 'sentences');
  if (!table) throw new DataProblem('The table “sentences” was not published', source.url, 'Publish the data again.');
  const [rows, predictions] = await Promise.all([
    table.all(['sentence_id', 'key', 'text', 'split', 'label', 'length', 'surface']),
    source.table(model, 'predictions')?.all(['sentence_id', 'predicted', 'loss', 'surprise', 'surprise_step']) ?? [],
  ]);
  const predicted = new Map(predictions.map((row) => [row.sentence_id, row]));
  return rows.map((row) => {
    const of = predicted.get(row.sentence_id);
    return {
      id: row.sentence_id,
      key: row.key,
      text: row.text,
      folded: folded(row.text),
      split: row.split,
      label: row.label ?? null,
      length: row.length,
      surface: [...row.surface],
      predicted: of?.predicted ?? null,
      loss: of?.loss ?? null,
      surprise: of?.surprise ?? null,
      surpriseStep: of?.surprise_step ?? null,
    };
  });
}

function condition(text: string): (row: Row) => boolean {
  const pattern = expression(text);
  if (pattern === null) {
    const wanted = folded(text.trim());
    return (row) => row.folded.includes(wanted);
  }
  try {
    const tester = new RegExp(pattern, 'iu');
    return (row) => tester.test(row.text);
  } catch (error) {
    throw new DataProblem(
      `The expression cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      pattern.slice(0, 80),
      'Close every bracket, and write \\( for a bracket that is text.',
    );
  }
}

function within(value: number | null, span: Span | undefined): boolean {
  const [least, most] = span ?? [null, null];
  if (least === null && most === null) return true;
  return value !== null && (least === null || value >= least) && (most === null || value <= most);
}
