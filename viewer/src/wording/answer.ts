/** What a model answers and what words push it by, in words. */

import { meansOf, type Means } from '../data/answer';
import type { ModelEntry } from '../data/types';
import { percent } from './format';

export interface AnswerWords {
  means: Means | null;
  /** What is pushed: `the verdict`, `“spam” against the other classes`, `the answer`. */
  subject: string;
  /** What a push is counted in, as it stands after a number; empty where the number has no unit. */
  unit: string;
  /** What orange stands for. */
  rising: string;
  /** What is said of pushes that are not exact; null of others. */
  note: string | null;
  /** Why there is no push. */
  none: string;
}

type Answering = Pick<ModelEntry, 'kind' | 'classes'> & { answer?: ModelEntry['answer'] };

/** Of a model and the class that is followed, by its number. */
export function answerWords(model: Answering | null, followed: number | null): AnswerWords {
  const means = model && meansOf(model);
  const classes = model?.classes ?? [];
  const name = followed === null ? '' : (classes[followed] ?? '');
  const several = classes.length > 2;
  const about = {
    means,
    note: note(model?.answer ?? null),
    none: whyNoPush(means),
  };
  if (means === 'number') return { ...about, subject: 'the answer', unit: '', rising: 'raises the answer' };
  if (several)
    return { ...about, subject: `“${name}” against the others`, unit: 'in its logit', rising: `towards ${name}` };
  const subject = means === 'tag' ? `“${name}” as the tag` : 'the verdict';
  return { ...about, subject, unit: 'in log-odds', rising: `towards ${name}` };
}

/** `Push on the verdict, in log-odds`. */
export function pushTitle({ subject, unit }: AnswerWords): string {
  return `Push on ${subject}${unit && `, ${unit}`}`;
}

/** `+0.31 in log-odds`; a number alone where its unit is not known. */
export function inUnit(value: string, { unit }: AnswerWords): string {
  return unit ? `${value} ${unit}` : value;
}

function note(answer: ModelEntry['answer'] | null): string | null {
  if (answer?.effects !== 'first order') return null;
  const share = answer.accounts_for;
  const real = share === null ? '' : `; over the text it accounts for ${percent(share)} of the real change`;
  return `First order: the head is not linear, and its gradient stands for it${real}.`;
}

function whyNoPush(means: Means | null): string {
  if (means === null) return 'What this model answers is not known, so there is nothing for a word to push.';
  if (means === 'next word')
    return 'This model says the next word, a new answer at every step: no word pushes it along.';
  return 'The push on the answer is not published for this step.';
}
