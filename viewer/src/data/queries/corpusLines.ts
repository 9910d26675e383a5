/** The sentences of a corpus and what a model made of them, read once from the published tables without the engine. */

import { foldedText } from '../folding';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { Columns, Table } from '../table';
import type { DatasetEntry, ModelEntry } from '../types';

/** One array a column, a row a sentence, in the order of the corpus. */
export interface CorpusLines {
  id: Int32Array;
  key: string[];
  text: string[];
  /** Text without case and accents. */
  folded: string[];
  split: string[];
  label: (number | null)[];
  length: number[];
}

export interface Made {
  predicted: (number | null)[];
  loss: (number | null)[];
  surprise: (number | null)[];
  surpriseStep: (number | null)[];
}

const LINES = ['sentence_id', 'key', 'text', 'split', 'label', 'length'] as const;
const STEPS = ['sentence_id', 'step', 'push', 'loss', 'surprise'] as const;
const MADE = ['sentence_id', 'predicted', 'loss', 'surprise', 'surprise_step'] as const;

const held = new WeakMap<Source, Map<string, Promise<unknown>>>();

function once<T>(source: Source, key: string, load: () => Promise<T>): Promise<T> {
  const kept = held.get(source) ?? new Map<string, Promise<unknown>>();
  held.set(source, kept);
  const known = kept.get(key) as Promise<T> | undefined;
  if (known) return known;
  const made = load();
  kept.set(key, made);
  made.catch(() => kept.delete(key));
  return made;
}

function sentences(source: Source, dataset: DatasetEntry): Table<'sentences'> {
  const table = source.table(dataset, 'sentences');
  if (!table) throw new DataProblem('The table “sentences” was not published', source.url, 'Publish the data again.');
  return table;
}

const orNull = <T>(values: readonly (T | null | undefined)[]): (T | null)[] => values.map((value) => value ?? null);

export function corpusLines(source: Source, dataset: DatasetEntry): Promise<CorpusLines> {
  return once(source, `lines ${source.owner(dataset)}`, async () => {
    const table = sentences(source, dataset);
    const of = await table.columns(0, table.rows, LINES);
    const label = orNull<number>(of.label);
    return {
      id: Int32Array.from(of.sentence_id),
      key: of.key,
      text: of.text,
      folded: of.text.map((text) => foldedText(text.replaceAll('\0', ' '))),
      split: of.split,
      label: label.length ? label : of.key.map(() => null),
      length: of.length,
    };
  });
}

/** Numbers of the tokens of every sentence. */
export function corpusTokens(source: Source, dataset: DatasetEntry): Promise<ArrayLike<number>[]> {
  return once(source, `tokens ${source.owner(dataset)}`, async () => {
    const table = sentences(source, dataset);
    return (await table.columns(0, table.rows, ['tokens'])).tokens;
  });
}

/** Tokens of every sentence as they were written. */
export function corpusSurfaces(source: Source, dataset: DatasetEntry): Promise<ArrayLike<string>[]> {
  return once(source, `surfaces ${source.owner(dataset)}`, async () => {
    const table = sentences(source, dataset);
    return (await table.columns(0, table.rows, ['surface'])).surface;
  });
}

/** What the model made of each sentence, in the order of `lines`; null where that was not published. */
export function madeOf(source: Source, model: ModelEntry, lines: CorpusLines): Promise<Made | null> {
  return once(source, `made ${source.owner(model)}`, async () => {
    const table = source.table(model, 'predictions');
    if (!table) return null;
    const of = await table.columns(0, table.rows, MADE);
    const row = new Map(of.sentence_id.map((id, i) => [id, i]));
    const at = Array.from(lines.id, (id) => row.get(id) ?? -1);
    const placed = (values: readonly (number | null)[]): (number | null)[] => at.map((i) => values[i] ?? null);
    return {
      predicted: placed(of.predicted),
      loss: placed(of.loss),
      surprise: placed(of.surprise),
      surpriseStep: placed(of.surprise_step),
    };
  });
}

/** What the model did at each step, in published order. */
export function corpusSteps(source: Source, model: ModelEntry): Promise<Columns<'steps', (typeof STEPS)[number]>> {
  return once(source, `steps ${source.owner(model)}`, async () => {
    const table = source.table(model, 'steps')!;
    return table.columns(0, table.rows, STEPS);
  });
}

/** Bytes that reading the sentences for a list takes: of ranges where the server has them, else of whole files. */
export async function listBytes(source: Source, dataset: DatasetEntry, model: ModelEntry): Promise<number> {
  const made = source.table(model, 'predictions');
  const lines = sentences(source, dataset).bytesOf(LINES);
  return (await lines) + ((await made?.bytesOf(MADE)) ?? 0);
}
