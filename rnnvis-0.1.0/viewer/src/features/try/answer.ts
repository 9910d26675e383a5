/** The answer at the end of a sentence, as one number. */

import { meansOf } from '../../data/answer';
import type { ModelEntry, SentenceSteps } from '../../data/types';
import { fixed, signed } from '../../wording/format';

type Answering = Pick<ModelEntry, 'kind' | 'classes' | 'answer'>;

export interface Quantity {
  /** `P(positive)`, `answer`, `mean loss`. */
  name: string;
  /** `nats`; empty without one. */
  unit: string;
  /** Whether it is a probability, so that one half is where the answer flips. */
  share: boolean;
}

/** What the page watches of a model's answer: a probability of the followed class, a number, or how well words are guessed. */
export function quantity(model: Answering, followed: number | null): Quantity | null {
  const means = meansOf(model);
  if (means === null) return null;
  if (means === 'number') return { name: 'the answer', unit: '', share: false };
  if (means === 'class') return { name: `P(${model.classes[followed ?? 0] ?? ''})`, unit: '', share: true };
  return { name: 'the mean loss', unit: 'nats', share: false };
}

/** Its value at the end of a sentence; NaN where the model said nothing. */
export function finalAnswer(model: Answering, steps: SentenceSteps | null): number {
  if (!steps) return Number.NaN;
  const means = meansOf(model);
  const last = steps.length - 1;
  if (means === 'number') return steps.value?.[last] ?? Number.NaN;
  if (means === 'class') return steps.pClass?.[last * steps.classes + steps.followed] ?? Number.NaN;
  const known = [...(steps.loss ?? [])].filter((loss) => !Number.isNaN(loss));
  return known.length ? known.reduce((sum, loss) => sum + loss, 0) / known.length : Number.NaN;
}

/** The loss of the answer at the end for what is right, in nats; NaN where that is not said. Of other models `finalAnswer` is it. */
export function finalLoss(model: Answering, steps: SentenceSteps | null): number {
  if (meansOf(model) !== 'class') return Number.NaN;
  return steps?.loss?.[steps.length - 1] ?? Number.NaN;
}

/** From what the engine counts in: log-odds of a class become its probability, all else stays. */
export function fromScore(model: Answering, score: number): number {
  return meansOf(model) === 'class' ? 1 / (1 + Math.exp(-score)) : score;
}

/** Decimals with which a number of this size is said. */
function digits(value: number): number {
  return Math.abs(value) < 0.0095 && value !== 0 ? 4 : 2;
}

/** `0.64`; small numbers keep more decimals. */
export function said(value: number): string {
  return fixed(value, digits(value));
}

export function saidChange(value: number): string {
  return signed(value, digits(value));
}

/** Of a classifier: whether the likeliest class at the end is another one. */
export function flips(model: Answering, before: SentenceSteps | null, after: SentenceSteps | null): boolean {
  const a = decided(model, before);
  const b = decided(model, after);
  return a !== null && b !== null && a !== b;
}

/** The likeliest class at the end of a sentence; null of models without classes, or where nothing was said. */
export function decided(model: Answering, steps: SentenceSteps | null): number | null {
  if (meansOf(model) !== 'class' || !steps?.pClass) return null;
  const { pClass, classes, length } = steps;
  const last = pClass.subarray((length - 1) * classes, length * classes);
  if (!last.length || Number.isNaN(last[0]!)) return null;
  return last.reduce((best, p, i) => (p > last[best]! ? i : best), 0);
}

/** The answer with something left out. */
export interface Otherwise {
  answer: number;
  /** The likeliest class then; null of models without classes. */
  says: number | null;
}

export function otherwise(model: Answering, steps: SentenceSteps): Otherwise {
  return { answer: finalAnswer(model, steps), says: decided(model, steps) };
}
