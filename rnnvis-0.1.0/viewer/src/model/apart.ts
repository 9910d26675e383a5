/** How far the answers of two models to the same sentences lie apart. */

import type { Means } from '../data/answer';
import type { Answers } from '../data/answers';
import type { Judged } from './agreement';

/** What is compared: the probability of the followed class, the number that is the answer, or the loss. */
export type ApartBy = 'probability' | 'value' | 'loss';

export interface Answered extends Judged {
  /** Likeliest class; null where the model says none of the whole sentence. */
  predicted: number | null;
  /** What is compared; NaN where it is not known. */
  value: number;
}

export interface ApartRow<S> {
  sentence: S;
  a: Answered;
  b: Answered;
  /** |a − b| of what is compared; NaN where it is not known. */
  apart: number;
}

interface Side {
  means: Means | null;
  classes: readonly string[];
}

/** What can be compared of two models: the same classes, numbers, or else how well they do. */
export function apartBy(a: Side, b: Side): ApartBy {
  const same = a.classes.length > 1 && a.classes.join('\0') === b.classes.join('\0');
  if (a.means === 'class' && b.means === 'class' && same) return 'probability';
  return a.means === 'number' && b.means === 'number' ? 'value' : 'loss';
}

/** What a model made of a sentence with the label `label`; of a sentence that it was not asked, nothing. */
export function answered(
  answers: Answers,
  id: number | undefined,
  label: number | null,
  by: ApartBy,
  followed: number | null,
): Answered {
  const row = id === undefined ? undefined : answers.row.get(id);
  if (row === undefined) return { predicted: null, right: null, loss: NaN, value: NaN };
  const predicted = answers.predicted[row]! < 0 ? null : answers.predicted[row]!;
  const loss = answers.loss[row]!;
  const p = followed === null ? NaN : (answers.probabilities[row * answers.classes + followed] ?? NaN);
  return {
    predicted,
    right: predicted === null || label === null ? null : predicted === label,
    loss,
    value: { probability: p, value: answers.value[row]!, loss }[by],
  };
}

/** The sentences whose answers lie furthest apart first; what is not known stands last, equals in the order given. */
export function furthestFirst<S>(
  sentences: readonly S[],
  a: (sentence: S) => Answered,
  b: (sentence: S) => Answered,
): ApartRow<S>[] {
  const size = (apart: number): number => (Number.isNaN(apart) ? -1 : apart);
  return sentences
    .map((sentence) => {
      const [left, right] = [a(sentence), b(sentence)];
      return { sentence, a: left, b: right, apart: Math.abs(left.value - right.value) };
    })
    .sort((one, other) => size(other.apart) - size(one.apart));
}

/** Numbers of sentences by their keys, by which another corpus knows them. */
export function idsByKey(sentences: readonly { key: string; id: number }[]): ReadonlyMap<string, number> {
  return new Map(sentences.map(({ key, id }) => [key, id]));
}
