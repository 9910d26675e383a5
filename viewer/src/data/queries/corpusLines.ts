/** The sentences of a corpus and what a model made of them, read once from the published tables without the engine. */

import { ANSWER_COLUMNS, answersOf } from '../answers';
import { foldedText } from '../folding';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { Columns, Table } from '../table';
import type { DatasetEntry, ModelEntry } from '../types';
import { wholeColumns } from '../whole';

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
    const of = await answersOf(source, model);
    if (!of) return null;
    const at = Array.from(lines.id, (id) => of.row.get(id) ?? -1);
    const placed = (values: ArrayLike<number>): (number | null)[] =>
      at.map((i) => (Number.isNaN(values[i] ?? NaN) ? null : values[i]!));
    const counted = (values: ArrayLike<number>): (number | null)[] =>
      at.map((i) => ((values[i] ?? -1) < 0 ? null : values[i]!));
    return {
      predicted: counted(of.predicted),
      loss: placed(of.loss),
      surprise: placed(of.surprise),
      surpriseStep: counted(of.surpriseStep),
    };
  });
}

/** What the model did at each step, in published order. */
export function corpusSteps(source: Source, model: ModelEntry): Promise<Columns<'steps', (typeof STEPS)[number]>> {
  return wholeColumns(source.table(model, 'steps')!, STEPS);
}

/** The row of the first step of each sentence. */
export function firstRows(ids: readonly number[]): Map<number, number> {
  const first = new Map<number, number>();
  let last = NaN;
  ids.forEach((id, row) => {
    if (id !== last && !first.has(id)) first.set(id, row);
    last = id;
  });
  return first;
}

/** What the model did along every sentence: what each word pushed the followed class by, or where none pushes its loss. */
export interface Along {
  signed: boolean;
  /** A value a word, NaN where it is not known; null where the sentence was not published whole. */
  of: (sentence: number, length: number) => Float32Array | null;
}

/** What the model did along every sentence, towards the class `followed` of several; null where that was not published. */
export function corpusAlong(source: Source, model: ModelEntry, followed: number | null): Promise<Along | null> {
  return once(source, `along ${source.owner(model)} ${followed}`, async () => {
    const table = source.table(model, 'steps');
    if (!table) return null;
    const several = model.classes.length > 2;
    const pushes = several
      ? (await wholeColumns(table, ['pushes'])).pushes.map((row) => row?.[followed ?? 0] ?? null)
      : (await wholeColumns(table, ['push'])).push;
    const signed = pushes.some((push) => push !== null);
    const [{ sentence_id: ids, step: steps }, values] = await Promise.all([
      wholeColumns(table, ['sentence_id', 'step']),
      signed ? pushes : wholeColumns(table, ['loss']).then(({ loss }) => loss),
    ]);
    if (!values.some((value) => value !== null)) return null;
    const first = firstRows(ids);
    return {
      signed,
      of: (sentence, length) => {
        const at = first.get(sentence);
        if (at === undefined) return null;
        for (let i = 0; i < length; i += 1) if (ids[at + i] !== sentence || steps[at + i] !== i) return null;
        return ids[at + length] === sentence
          ? null
          : Float32Array.from({ length }, (_, i) => values[at + i] ?? Number.NaN);
      },
    };
  });
}

/** What a list reads besides the sentences: what tints their words, or what the model did at each of them too. */
export type Beside = 'nothing' | 'tints' | 'steps';

/** Bytes that reading the sentences for a list takes, with what is read beside them, and where words are looked for their numbers: of ranges where the server has them, else of whole files. */
export async function listBytes(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  beside: Beside,
  words = false,
): Promise<number> {
  const lines = sentences(source, dataset);
  const steps = beside === 'nothing' ? null : source.table(model, 'steps');
  const tints = ['sentence_id', 'step', model.classes.length > 2 ? 'pushes' : 'push'] as const;
  const surface = beside === 'steps' || steps ? (['surface'] as const) : [];
  const sizes = await Promise.all([
    lines.bytesOf([...LINES, ...surface, ...(words ? (['tokens'] as const) : [])]),
    source.table(model, 'predictions')?.bytesOf(ANSWER_COLUMNS) ?? 0,
    steps?.bytesOf([...new Set([...tints, ...(beside === 'steps' ? STEPS : [])])]) ?? 0,
  ]);
  return sizes.reduce((sum, size) => sum + size, 0);
}
