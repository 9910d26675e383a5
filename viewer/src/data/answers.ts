/** What a model answered to every sentence, by column: read without DuckDB, once, and kept. */

import type { Source } from './source';
import type { ModelEntry } from './types';

/** One entry a row of the table `predictions`; NaN or −1 where there is none. */
export interface Answers {
  /** Row of a sentence number. */
  row: ReadonlyMap<number, number>;
  classes: number;
  /** Likeliest class after the last word. */
  predicted: Int16Array;
  /** Probabilities after the last word, row-major [sentences × classes]. */
  probabilities: Float32Array;
  /** The number that is the answer, and the one that would be right. */
  value: Float32Array;
  target: Float32Array;
  /** −ln of the probability of what is right, in nats, a mean where there are several; of a number its squared error. */
  loss: Float32Array;
  /** How unusual its most unusual step was, of 100, and which one that is. */
  surprise: Float32Array;
  surpriseStep: Int32Array;
}

/** What is read of the table. */
export const ANSWER_COLUMNS = [
  'sentence_id',
  'predicted',
  'p_class',
  'value',
  'target',
  'loss',
  'surprise',
  'surprise_step',
] as const;

const held = new WeakMap<Source, Map<number, Promise<Answers | null>>>();

/** What the model answered to every sentence of its dataset; null where that was not published. */
export function answersOf(source: Source, model: ModelEntry): Promise<Answers | null> {
  const kept = held.get(source) ?? new Map<number, Promise<Answers | null>>();
  held.set(source, kept);
  const owner = source.owner(model);
  const known = kept.get(owner) ?? read(source, model);
  kept.set(owner, known);
  known.catch(() => kept.delete(owner));
  return known;
}

async function read(source: Source, model: ModelEntry): Promise<Answers | null> {
  const table = source.table(model, 'predictions');
  if (!table) return null;
  const of = await table.columns(0, table.rows, ANSWER_COLUMNS);
  const classes = model.classes.length;
  const numbers = (column: readonly (number | null)[]): Float32Array =>
    Float32Array.from(of.sentence_id, (_, i) => column[i] ?? NaN);
  const probabilities = new Float32Array(of.sentence_id.length * classes).fill(NaN);
  of.p_class.forEach((p, i) => {
    if (p?.length === classes) probabilities.set(p, i * classes);
  });
  return {
    row: new Map(of.sentence_id.map((id, i) => [id, i])),
    classes,
    predicted: Int16Array.from(of.sentence_id, (_, i) => of.predicted[i] ?? -1),
    probabilities,
    value: numbers(of.value),
    target: numbers(of.target),
    loss: numbers(of.loss),
    surprise: numbers(of.surprise),
    surpriseStep: Int32Array.from(of.sentence_id, (_, i) => of.surprise_step[i] ?? -1),
  };
}
