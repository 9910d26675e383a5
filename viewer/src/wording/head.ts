/** What stands over a sentence: what tints its words, what they add up to, and what the model answered. */

import { followedClass, meansOf } from '../data/answer';
import type { ModelEntry, Sentence, SentenceSteps } from '../data/types';
import { pushSum, type PushSum } from '../model/push';
import { verdictOf, wordLosses, type Verdict } from '../model/verdict';
import { answerWords, inUnit, pushed, type AnswerWords } from './answer';
import { fixed } from './format';

export interface Head {
  sentence: Sentence;
  /** What tints each word: its push, or where no word pushes the answer its loss in nats; null where neither is known. */
  values: Float32Array | null;
  /** Whether they are pushes, which have signs. */
  signed: boolean;
  sum: PushSum | null;
  verdict: Verdict | null;
  said: AnswerWords;
}

/** The head of a sentence as `model` read it, by the class `towards` of several; null while that is not known. */
export function headOf(
  model: ModelEntry | null,
  labels: readonly string[],
  sentence: Sentence | null,
  steps: SentenceSteps | null,
  towards: number | null,
): Head | null {
  if (!model || !sentence || !steps) return null;
  const values = steps.push ?? wordLosses(model, steps);
  // Of an answer after every word there is no sum: each word has one of its own.
  const sum = meansOf(model) === 'tag' ? null : pushSum(steps);
  const verdict = verdictOf(model, labels, sentence, steps);
  return {
    sentence,
    values,
    signed: steps.push !== null,
    sum,
    verdict,
    said: answerWords(model, followedClass(model, towards)),
  };
}

/** What the tint of a word stands for: `“dull”: −0.39 in log-odds, towards negative`. */
export function aboutWord({ sentence, values, signed, said }: Omit<Head, 'sum' | 'verdict'>, step: number): string {
  const word = `“${sentence.surface[step] ?? ''}”`;
  const value = values?.[step] ?? Number.NaN;
  if (!Number.isFinite(value)) return word;
  return signed ? `${word}: ${pushed(value, said)}` : `${word}: loss ${fixed(value)} nats`;
}

/** What the tint of the words in a list says, and where the list is of two models, of which: `Tint: what each word pushed, orange towards positive, blue towards negative; strongest in the list ±1.24 in log-odds.` */
export function tintLine(
  { signed, most }: { signed: boolean; most: number },
  model: ModelEntry | null,
  followed: number | null,
  of?: string,
): string {
  const by = of === undefined ? '' : ` in ${of}`;
  if (!signed) return `Tint: the loss at each word${by}; darkest in the list ${fixed(most)} nats.`;
  const said = answerWords(model, followed);
  const end = inUnit(`±${fixed(most)}`, said);
  return `Tint: what each word pushed${by}, orange ${said.rising}, blue ${said.falling}; strongest in the list ${end}.`;
}
