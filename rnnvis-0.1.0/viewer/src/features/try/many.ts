/** What is held, held in many sentences: whose answers change, and how many of those that as many random units would change. */

import { meansOf } from '../../data/answer';
import type { ModelEntry, SentenceSteps } from '../../data/types';
import type { Ask, Held, Progress, StepModel } from '../../infer/types';
import type { Table } from '../../model/csv';
import { count, percent } from '../../wording/format';
import { decided, finalAnswer, otherwise, said, type Otherwise, type Quantity } from './answer';

/** Sentences at most that are run at once. */
export const MOST_SENTENCES = 500;

/** A sentence, and what was published of the answer to it. */
export interface Chosen {
  id: number;
  key: string;
  text: string;
  label: number | null;
  tokens: Int32Array;
  predicted: number | null;
  loss: number | null;
}

export interface ManyRow extends Pick<Chosen, 'key' | 'text' | 'label'> {
  before: Otherwise;
  after: Otherwise;
}

export interface Many {
  /** What is held, `without chip 5`, and what key says so. */
  name: string;
  switches: string;
  units: number;
  /** Which sentences, in words, and how many there are of the kind. */
  chosen: string;
  total: number;
  /** Those that were run. */
  rows: readonly ManyRow[];
  /** Of each random group of as many units: how many answers of the rows flip. Null before that is known. */
  random: readonly number[] | null;
}

type Runs = Pick<StepModel, 'variants'>;
/** How a sentence is asked of the model from an empty memory, and from what it was published to start from; null where it is gone. */
export interface Asking {
  empty: (sentence: Chosen) => Ask;
  started: (key: string) => Promise<Ask | null>;
}

/** Published answers are float32, of weights that may be float16. */
const NEAR = 2e-3;

/** Whether an answer from an empty memory is the published one; false also where no number that would tell was published. */
export function isPublished(model: ModelEntry, { predicted, loss, label }: Chosen, steps: SentenceSteps): boolean {
  const says = decided(model, steps);
  if (says !== null && predicted !== null && says !== predicted) return false;
  const own =
    meansOf(model) === 'class'
      ? label === null
        ? Number.NaN
        : (steps.loss?.[steps.length - 1] ?? Number.NaN)
      : finalAnswer(model, steps);
  if (loss === null || meansOf(model) === 'number' || Number.isNaN(own)) return false;
  return Math.abs(own - loss) <= NEAR * Math.max(1, Math.abs(loss));
}

/** The answers at the end alone, where there is one for the whole sentence. */
function atEnd(model: ModelEntry, ask: Ask): Ask {
  const means = meansOf(model);
  const last = ask.tokens.length - 1;
  return means === 'class' || means === 'number' ? { ...ask, answered: { first: last, last } } : ask;
}

/**
 * The answer to every sentence as it is and with `held`, and how each was asked. A sentence that cannot be run as it was
 * published is left out; where that is all of them, the reason is thrown.
 */
export async function overMany(
  sentences: readonly Chosen[],
  held: readonly Held[],
  entry: ModelEntry,
  model: Runs,
  asking: Asking,
  signal?: AbortSignal,
  progress?: Progress,
): Promise<{ rows: ManyRow[]; asks: Ask[] }> {
  const rows: ManyRow[] = [];
  const asks: Ask[] = [];
  const refused: Error[] = [];
  for (const [i, sentence] of sentences.entries()) {
    let ask: Ask | null = atEnd(entry, asking.empty(sentence));
    let [before, after] = await both(ask, held, model, signal);
    if (!isPublished(entry, sentence, before)) {
      const started = await asking.started(sentence.key).catch((error: unknown) => {
        refused.push(error instanceof Error ? error : new Error(String(error)));
        return null;
      });
      signal?.throwIfAborted();
      ask = started && atEnd(entry, started);
      if (ask) [before, after] = await both(ask, held, model, signal);
    }
    if (ask) {
      const { key, text, label } = sentence;
      rows.push({ key, text, label, before: otherwise(entry, before), after: otherwise(entry, after) });
      asks.push(ask);
    }
    progress?.(i + 1, sentences.length);
  }
  if (!rows.length && refused[0]) throw refused[0];
  return { rows, asks };
}

async function both(
  ask: Ask,
  held: readonly Held[],
  model: Runs,
  signal?: AbortSignal,
): Promise<[SentenceSteps, SentenceSteps]> {
  const [before, after] = await model.variants([ask, { ...ask, held }], undefined, signal);
  return [before!, after!];
}

/** How many of the answers flip with each of the groups. */
export async function flipsByChance(
  asks: readonly Ask[],
  rows: readonly ManyRow[],
  groups: readonly (readonly Held[])[],
  entry: ModelEntry,
  model: Runs,
  signal?: AbortSignal,
  progress?: Progress,
): Promise<number[]> {
  const flips = groups.map(() => 0);
  for (const [i, ask] of asks.entries()) {
    const steps = await model.variants(
      groups.map((held) => ({ ...ask, held })),
      undefined,
      signal,
    );
    steps.forEach((one, group) => {
      if (decided(entry, one) !== rows[i]!.before.says) flips[group]! += 1;
    });
    progress?.(i + 1, asks.length);
  }
  return flips;
}

export function flipped({ before, after }: ManyRow): boolean {
  return before.says !== null && after.says !== null && before.says !== after.says;
}

function change({ before, after }: ManyRow): number {
  return after.answer - before.answer;
}

/** Those whose answer flips, then the others; each from the largest change on. */
export function ordered(rows: readonly ManyRow[]): ManyRow[] {
  const size = (row: ManyRow): number => Math.abs(change(row)) || 0;
  return [...rows].sort((a, b) => Number(flipped(b)) - Number(flipped(a)) || size(b) - size(a));
}

function meanAndSpread(values: readonly number[]): { mean: number; spread: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, spread: Math.sqrt(square / Math.max(1, values.length - 1)) };
}

/** What became of all of them, in sentences. */
export function manyLine({ name, rows, total, units, random }: Many, of: Quantity, classes: readonly string[]): string {
  const subject = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  const run =
    rows.length < total ? ` Of ${count(total)} sentences of the kind these ${count(rows.length)} were run.` : '';
  const known = rows.map(change).filter(Number.isFinite);
  const moved = known.length
    ? `on average ${of.name} moves by ${said(meanAndSpread(known.map(Math.abs)).mean)}${of.unit && ` ${of.unit}`}`
    : 'no answer is known';
  if (!rows.some(({ before }) => before.says !== null))
    return `${subject}, over ${count(rows.length)} sentences ${moved}.${run}`;
  const flips = rows.filter(flipped);
  const to = classes
    .map((title, i) => ({ title, n: flips.filter(({ after }) => after.says === i).length }))
    .filter(({ n }) => n)
    .map(({ title, n }) => `${count(n)} to ${title}`)
    .join(', ');
  const share = rows.length ? ` (${percent(flips.length / rows.length)})` : '';
  const first = `${subject}, ${count(flips.length)} of ${count(rows.length)} answers flip${share}${to && `: ${to}`}; ${moved}.`;
  if (!random?.length) return first + run;
  const { mean, spread } = meanAndSpread(random);
  const groups = `${random.length} random groups of ${units === 1 ? 'one unit' : `${units} units`}`;
  return `${first} ${groups} flip ${mean.toFixed(1)} ± ${spread.toFixed(1)} of them.${run}`;
}

export function manyTable(many: Many, of: Quantity, { classes }: Pick<ModelEntry, 'classes'>): Table {
  const named = (id: number | null): string | null => (id === null ? null : (classes[id] ?? String(id)));
  return {
    caption: `${many.name}, over ${many.chosen}`,
    columns: [
      { name: 'key', about: 'Key of the sentence, as in links' },
      { name: 'label', about: 'Class of the sentence' },
      { name: 'with', about: `${of.name} with everything`, digits: 4 },
      { name: 'without', about: `${of.name} with what is held`, digits: 4 },
      { name: 'change', about: `By how much ${of.name} changes`, digits: 4 },
      { name: 'says with', about: 'The likeliest class with everything' },
      { name: 'says without', about: 'The likeliest class with what is held' },
      { name: 'flips', about: 'Whether these differ' },
      { name: 'text', about: 'The sentence', corpus: true },
    ],
    rows: ordered(many.rows).map((row) => [
      row.key,
      named(row.label),
      row.before.answer,
      row.after.answer,
      change(row),
      named(row.before.says),
      named(row.after.says),
      flipped(row) ? 'yes' : '',
      row.text,
    ]),
  };
}
