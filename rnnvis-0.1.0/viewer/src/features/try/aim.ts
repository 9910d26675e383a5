/** Which answer is asked about: the one at the end, or that after a word, of models that answer after every word. */

import { meansOf } from '../../data/answer';
import type { ModelEntry, SentenceSteps, Vocabulary } from '../../data/types';
import type { Ask } from '../../infer/types';
import type { Passage } from '../../data/passage';
import { otherwise, quantity, type Otherwise, type Quantity } from './answer';

export interface Aim {
  of: Quantity;
  /** What the score of it is counted in: `in log-odds`; empty of a number. */
  unit: string;
  /** The word after which it is given; null at the end. */
  step: number | null;
  /** The tag or the next word that is followed; −1 at the end, where the class or the number of the view is. */
  id: number;
  /** What it is called: `“good”`, `NOUN`; empty at the end. */
  name: string;
}

/** The answer that is asked about of a passage; null where the model says nothing there. */
export function aimOf(
  model: ModelEntry,
  vocabulary: Vocabulary | null,
  { sentence, steps }: Pick<Passage, 'sentence' | 'steps'>,
  pinned: number | null,
  followed: number | null,
): Aim | null {
  const of = quantity(model, followed);
  const means = meansOf(model);
  if (!of || !steps) return null;
  if (means === 'class' || means === 'number')
    return { of, unit: means === 'class' ? 'in log-odds' : '', step: null, id: -1, name: '' };
  const at = pinned ?? steps.length - 1;
  const after = `“${sentence.surface[at] ?? ''}”`;
  const id = likeliest(steps, at);
  if (id === null) return null;
  const name = means === 'tag' ? (model.classes[id] ?? '') : `“${vocabulary?.text[id] ?? ''}”`;
  return {
    of: { name: `P(${name} ${means === 'tag' ? 'at' : 'after'} ${after})`, unit: '', share: true },
    unit: 'in log-odds',
    step: at,
    id,
    name,
  };
}

function likeliest({ pClass, classes, next }: SentenceSteps, step: number): number | null {
  if (next) {
    const id = next.ids[step * next.count] ?? -1;
    return id < 0 ? null : id;
  }
  const p = pClass?.subarray(step * classes, (step + 1) * classes);
  if (!p?.length || Number.isNaN(p[0]!)) return null;
  return p.reduce((best, value, i) => (value > p[best]! ? i : best), 0);
}

/** Words that may have a part in it: those after the word that a next word is guessed at have none. */
export function reach(model: ModelEntry, { step }: Aim, words: number): number {
  return step !== null && meansOf(model) === 'next word' ? step + 1 : words;
}

/** Asks for that answer alone; `without` is the place of a word that was left out of the ask already. */
export function aimed(model: ModelEntry, { step, id }: Aim, ask: Ask, without: number | null = null): Ask {
  const last = ask.tokens.length - 1;
  if (step === null) return { ...ask, answered: { first: last, last } };
  const at = without !== null && without < step ? step - 1 : step;
  if (meansOf(model) === 'tag')
    return { ...ask, target: null, answered: { first: at, last: at }, score: { step: at, id } };
  const end = without === step ? step - 1 : at;
  const target = new Int32Array(end + 1).fill(-1);
  target[end] = id;
  return {
    ...ask,
    tokens: ask.tokens.slice(0, end + 1),
    target,
    next: 1,
    answered: { first: end, last: end },
    score: { step: end, id },
  };
}

/** Whether the answer can be asked for without the word: a tag is that of a word that is there, and something must be left. */
export function canLeaveOut(model: ModelEntry, aim: Aim, at: number, words: number): boolean {
  return reach(model, aim, words) > 1 && (meansOf(model) !== 'tag' || at !== aim.step);
}

/** What was asked for with `aimed`. */
export function answerOf(model: ModelEntry, { step, id }: Aim, steps: SentenceSteps): Otherwise {
  if (step === null) return otherwise(model, steps);
  const { next, pClass, classes } = steps;
  let at = steps.length - 1;
  if (!next) while (at > 0 && Number.isNaN(pClass?.[at * classes] ?? Number.NaN)) at -= 1;
  const answer = next ? next.p[at] : pClass?.[at * classes + id];
  return { answer: answer ?? Number.NaN, says: likeliest(steps, at) };
}

/** What the model says: a class, a tag or a word. */
export function sayingOf(model: ModelEntry, vocabulary: Vocabulary | null, says: number | null): string {
  if (says === null) return '';
  return (meansOf(model) === 'next word' ? vocabulary?.text[says] : model.classes[says]) ?? '';
}
