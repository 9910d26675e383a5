import { meansOf } from '../data/answer';
import type { ModelEntry, NextWords, Sentence, SentenceSteps, Vocabulary } from '../data/types';
import type { PictureData } from './pictureData';
import { fit, measure } from './text';

/** A word that may come next. */
export interface Candidate {
  text: string;
  p: number;
  /** Whether it is the word that came, or the right tag. */
  came: boolean;
}

/** The likeliest next word, or tag, as it stands under a token. */
export interface NextLine extends Candidate {
  shown: string;
  /** What stands before it. */
  mark: string;
}

export const NEXT_SIZE = 11;
const ARROW = '→ ';

/** `.62`, as it stands under a token. */
export function shortP(p: number): string {
  return p.toFixed(2).replace(/^0/, '');
}

/** The likeliest words after a step, likeliest first. */
export function candidates(next: NextWords, step: number, sentence: Sentence, vocabulary: Vocabulary): Candidate[] {
  const came = sentence.tokens[step + 1];
  return Array.from({ length: next.count }, (_, rank) => {
    const id = next.ids[step * next.count + rank]!;
    return { text: vocabulary.text[id] ?? '', p: next.probabilities[step * next.count + rank]!, came: id === came };
  });
}

/** Whether the model answers with something that stands under each word: the next word, or a tag. */
export function answersUnder(model: ModelEntry | null, steps: SentenceSteps): boolean {
  return Boolean(steps.next) || (meansOf(model) === 'tag' && steps.pClass !== null);
}

/** The likeliest next word with its arrow, or the likeliest tag, cut to `width` pixels with its probability. */
export function lineUnder(
  { model, sentence, steps, vocabulary }: Pick<PictureData, 'model' | 'sentence' | 'steps' | 'vocabulary'>,
  step: number,
  width: number,
): NextLine | null {
  if (!sentence || !steps) return null;
  const mark = steps.next ? ARROW : '';
  const first = steps.next
    ? vocabulary && candidates(steps.next, step, sentence, vocabulary)[0]
    : model && answersUnder(model, steps)
      ? likeliestTag(model, steps, step)
      : null;
  if (!first) return null;
  const rest = measure(`${mark} ${shortP(first.p)}`, 'interface', NEXT_SIZE).width;
  return { ...first, mark, shown: fit(first.text, Math.max(12, width - rest), 'corpus', NEXT_SIZE + 1) };
}

function likeliestTag(model: ModelEntry, { pClass, classes, target }: SentenceSteps, step: number): Candidate | null {
  const p = pClass!.subarray(step * classes, (step + 1) * classes);
  const best = p.reduce((most, value, tag) => (value > p[most]! ? tag : most), 0);
  if (Number.isNaN(p[best]!)) return null;
  return { text: model.classes[best] ?? '', p: p[best]!, came: target?.[step] === best };
}
