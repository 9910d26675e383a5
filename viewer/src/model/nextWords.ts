import type { NextWords, Sentence, Vocabulary } from '../data/types';
import { fit, measure } from './text';

/** A word that may come next. */
export interface Candidate {
  text: string;
  p: number;
  /** Whether it is the word that came. */
  came: boolean;
}

/** The likeliest next word as it stands under a token. */
export interface NextLine extends Candidate {
  shown: string;
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

/** The likeliest next word, cut to `width` pixels with its arrow and its probability. */
export function lineUnder(
  next: NextWords,
  step: number,
  sentence: Sentence,
  vocabulary: Vocabulary,
  width: number,
): NextLine | null {
  const [first] = candidates(next, step, sentence, vocabulary);
  if (!first) return null;
  const rest = measure(`${ARROW} ${shortP(first.p)}`, 'interface', NEXT_SIZE).width;
  return { ...first, shown: fit(first.text, Math.max(12, width - rest), 'corpus', NEXT_SIZE + 1) };
}
