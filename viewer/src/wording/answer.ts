/** What a model answers and what words push it by, in words. */

import { meansOf, type Means } from '../data/answer';
import type { ModelEntry } from '../data/types';
import { percent, signed } from './format';

export interface AnswerWords {
  means: Means | null;
  /** What is pushed: `the verdict`, `“spam” against the other classes`, `the answer`. */
  subject: string;
  /** What a push is counted in, as it stands after a number; empty where the number has no unit. */
  unit: string;
  /** What orange stands for, and what blue does. */
  rising: string;
  falling: string;
  /** The same of what adds up to the answer: `for positive`, `for negative`. */
  sides: readonly [string, string];
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
  if (means === 'number')
    return {
      ...about,
      subject: 'the answer',
      unit: '',
      rising: 'raises the answer',
      falling: 'lowers it',
      sides: ['up', 'down'],
    };
  if (several)
    return {
      ...about,
      subject: `“${name}” against the others`,
      unit: 'in its logit',
      rising: `towards ${name}`,
      falling: `away from ${name}`,
      sides: [`for ${name}`, 'against it'],
    };
  const subject = means === 'tag' ? `“${name}” as the tag` : 'the verdict';
  const other = classes[0] ?? '';
  return {
    ...about,
    subject,
    unit: 'in log-odds',
    rising: `towards ${name}`,
    falling: `towards ${other}`,
    sides: [`for ${name}`, `for ${other}`],
  };
}

/** `Push on the verdict, in log-odds`. */
export function pushTitle({ subject, unit, note }: AnswerWords): string {
  return `Push on ${subject}${unit && `, ${unit}`}${note === null ? '' : ', to first order'}`;
}

/** `+0.31 in log-odds`; a number alone where its unit is not known. */
export function inUnit(value: string, { unit }: AnswerWords): string {
  return unit ? `${value} ${unit}` : value;
}

/** `−0.39 in log-odds, towards negative`. */
export function pushed(value: number, said: AnswerWords, digits = 2): string {
  const text = inUnit(signed(value, digits), said);
  return Number(value.toFixed(digits)) === 0 ? text : `${text}, ${value < 0 ? said.falling : said.rising}`;
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

/** The class of a sentence, by name; that it has none is said, and not which part of the corpus it is of. */
export function labelOf(labels: readonly string[], label: number | null): string {
  return label === null ? 'none' : (labels[label] ?? String(label));
}
