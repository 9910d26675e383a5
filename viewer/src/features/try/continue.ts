/** A sentence that goes on in words that a language model offers, and its continuations beside each other. */

import type { SentenceSteps, Vocabulary } from '../../data/types';
import type { SpecWords, StepModel } from '../../infer';
import { idOf } from '../../infer';
import type { Table } from '../../model/csv';
import type { Edited } from './edit';

/** A word that the model expects next. */
export interface Offer {
  id: number;
  text: string;
  p: number;
  /** Whether the vocabulary finds the word again by its text, so that it can be put after the others. */
  writable: boolean;
}

/** The likeliest words after a step, likeliest first; empty where the model guesses none there. */
export function offers(
  { next }: Pick<SentenceSteps, 'next'>,
  step: number,
  how: SpecWords,
  vocabulary: Vocabulary,
): Offer[] {
  if (!next || step < 0) return [];
  return Array.from({ length: next.count }, (_, rank) => {
    const at = step * next.count + rank;
    const id = next.ids[at] ?? -1;
    const text = vocabulary.text[id] ?? '';
    return { id, text, p: next.probabilities[at]!, writable: idOf(text, how, vocabulary) === id };
  }).filter(({ id }) => id >= 0);
}

/** The words up to `at`, both included, and one more; what came after is left out. */
export function continued(words: readonly string[], at: number, word: string): Edited {
  return { words: [...words.slice(0, at + 1), word], moved: (step) => (step <= at ? step : null) };
}

/** The last step that a continuation can follow: not the mark that ends every sentence of the model. */
export function lastWord(tokens: Int32Array, words: StepModel['words']): number {
  const last = tokens.length - 1;
  return last > 0 && words?.end !== null && tokens[last] === words?.end ? last - 1 : last;
}

/** A continuation that was grown. */
export interface Branch {
  /** Of the sentence. */
  key: string;
  words: readonly string[];
  /** Words before it that are those of the sentence which it continues. */
  kept: number;
  /** Probability of the words that were added, of each after those before it; NaN before it is known. */
  p: number;
  /** Of the whole sentence; NaN before it is known. */
  perplexity: number;
}

/** What the model says of a continuation once it has read it. */
export function judged(branch: Branch, { next, loss }: Pick<SentenceSteps, 'next' | 'loss'>): Branch {
  // The probability of a word stands at the step before it.
  const added = [...(next?.p ?? [])].slice(branch.kept - 1, branch.words.length - 1);
  const known = [...(loss ?? [])].filter((one) => !Number.isNaN(one));
  const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
  return {
    ...branch,
    p: added.length ? added.reduce((product, p) => product * p, 1) : Number.NaN,
    perplexity: Math.exp(mean),
  };
}

/** The continuations with one more: it takes the place of the one whose end it goes on from. */
export function grown(branches: readonly Branch[], from: string, added: Branch): Branch[] {
  const parent = branches.find(({ key }) => key === from);
  const whole = parent && added.words.length === parent.words.length + 1;
  const branch = whole ? { ...added, kept: parent.kept } : added;
  const others = branches.filter(({ key }) => key !== added.key && !(whole && key === from));
  return [...others, branch];
}

export function branchTable(branches: readonly Branch[]): Table {
  return {
    caption: 'Continuations',
    columns: [
      { name: 'sentence', about: 'All of its words', corpus: true },
      { name: 'added', about: 'Words that were added', corpus: true },
      { name: 'P(added)', about: 'Probability of the added words, each after those before it', digits: 6 },
      { name: 'perplexity', about: 'exp of the mean loss of the sentence', digits: 2 },
    ],
    rows: branches.map(({ words, kept, p, perplexity }) => [
      words.join(' '),
      words.slice(kept).join(' '),
      p,
      perplexity,
    ]),
  };
}
