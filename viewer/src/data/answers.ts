/** All sentences of a dataset and what a model answered to each, by column: read without DuckDB, once, and kept. */

import { foldedText } from './folding';
import { DataProblem } from './problem';
import type { Source } from './source';
import type { DatasetEntry, ModelEntry } from './types';

/** One entry a sentence, in published order. */
export interface Corpus {
  id: Int32Array;
  key: string[];
  text: string[];
  split: string[];
  /** Class number; −1 where a sentence has none. */
  label: Int16Array;
  /** Number of words. */
  length: Int32Array;
  /** Place of each sentence number among the entries. */
  place: ReadonlyMap<number, number>;
  /** The text without case and accents, as searches compare it. */
  folded: (place: number) => string;
}

/** What a model made of each entry of a `Corpus`: one number a sentence, NaN or −1 where there is none. */
export interface Answers {
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
  /** Percentile 0–100 of the most surprising step, and its number. */
  surprise: Float32Array;
  surpriseStep: Int16Array;
}

const held = new WeakMap<Source, Map<string, Promise<unknown>>>();

function once<T>(source: Source, key: string, make: () => Promise<T>): Promise<T> {
  const kept = held.get(source) ?? new Map<string, Promise<unknown>>();
  held.set(source, kept);
  let made = kept.get(key) as Promise<T> | undefined;
  if (!made) {
    made = make();
    kept.set(key, made);
    made.catch(() => kept.delete(key));
  }
  return made;
}

/** Every sentence of the dataset. */
export function corpusOf(source: Source, dataset: DatasetEntry): Promise<Corpus> {
  return once(source, `corpus ${source.owner(dataset)}`, async () => {
    const table = source.table(dataset, 'sentences');
    if (!table) throw new DataProblem('The table “sentences” was not published', source.url, 'Publish the data again.');
    const rows = await table.columns(0, table.rows, ['sentence_id', 'key', 'text', 'split', 'label', 'length']);
    const folded: (string | undefined)[] = [];
    return {
      id: Int32Array.from(rows.sentence_id),
      key: rows.key,
      text: rows.text,
      split: rows.split,
      label: Int16Array.from(rows.key, (_, i) => rows.label[i] ?? -1),
      length: Int32Array.from(rows.length),
      place: new Map(rows.sentence_id.map((id, place) => [id, place])),
      folded: (place) => (folded[place] ??= foldedText(rows.text[place]!)),
    };
  });
}

/** What the model answered to every sentence of its dataset; null where that was not published. */
export function answersOf(source: Source, dataset: DatasetEntry, model: ModelEntry): Promise<Answers | null> {
  return once(source, `answers ${source.owner(dataset)} ${source.owner(model)}`, async () => {
    const table = source.table(model, 'predictions');
    if (!table) return null;
    const [corpus, rows] = await Promise.all([
      corpusOf(source, dataset),
      table.columns(0, table.rows, [
        'sentence_id',
        'predicted',
        'p_class',
        'value',
        'target',
        'loss',
        'surprise',
        'surprise_step',
      ]),
    ]);
    const sentences = corpus.key.length;
    const classes = model.classes.length;
    const numbers = (): Float32Array => new Float32Array(sentences).fill(NaN);
    const answers: Answers = {
      classes,
      predicted: new Int16Array(sentences).fill(-1),
      probabilities: new Float32Array(sentences * classes).fill(NaN),
      value: numbers(),
      target: numbers(),
      loss: numbers(),
      surprise: numbers(),
      surpriseStep: new Int16Array(sentences).fill(-1),
    };
    rows.sentence_id.forEach((id, i) => {
      const place = corpus.place.get(id);
      if (place === undefined) return;
      answers.predicted[place] = rows.predicted[i] ?? -1;
      const p = rows.p_class[i];
      if (p?.length === classes) answers.probabilities.set(p, place * classes);
      answers.value[place] = rows.value[i] ?? NaN;
      answers.target[place] = rows.target[i] ?? NaN;
      answers.loss[place] = rows.loss[i] ?? NaN;
      answers.surprise[place] = rows.surprise[i] ?? NaN;
      answers.surpriseStep[place] = rows.surprise_step[i] ?? -1;
    });
    return answers;
  });
}
