/** A sentence that goes on in words that a language model offers, and its continuations beside each other. */

import type { SentenceSteps, Vocabulary } from '../../data/types';
import type { SpecWords, StepModel } from '../../infer';
import { idOf } from '../../infer';
import type { Table } from '../../model/csv';
import { keptBefore, pathTo, placed, wordsTo, type Tree } from '../../state/tree';

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

/** The last step that a continuation can follow: not the mark that ends every sentence of the model. */
export function lastWord(tokens: Int32Array, words: StepModel['words']): number {
  const last = tokens.length - 1;
  return last > 0 && words?.end !== null && tokens[last] === words?.end ? last - 1 : last;
}

/** What a word goes on from that is put after the word at `at` of a sentence: of one that a tree has grown to, or of its root. */
export function goesOnFrom(tree: Tree, shown: number | null, at: number): number {
  if (shown === null) return -(at + 1);
  const kept = keptBefore(tree, shown);
  return at < kept ? -(at + 1) : pathTo(tree, shown)[at - kept]!;
}

/** What the model says of a grown word, and of the sentence that ends in it. */
export interface Judged {
  /** Probability of the word after those before it. */
  p: number;
  /** The same of all grown words that lead to it, itself too. */
  path: number;
  /** Of the whole sentence; NaN of a word that others were grown after. */
  perplexity: number;
}

/** What was said of the words of a tree; another tree asks for another. */
export interface Judgement {
  tree: Tree;
  said: readonly Judged[];
}

/** Of every grown word, from the runs of the sentences that end in the last ones, in the order of `leaves`. */
export function judged(
  tree: Tree,
  leaves: readonly number[],
  runs: readonly Pick<SentenceSteps, 'next' | 'loss'>[],
): Judged[] {
  const found = tree.grown.map((): Judged => ({ p: Number.NaN, path: Number.NaN, perplexity: Number.NaN }));
  leaves.forEach((leaf, i) => {
    const { next, loss } = runs[i]!;
    const kept = keptBefore(tree, leaf);
    let path = 1;
    pathTo(tree, leaf).forEach((at, depth) => {
      // The probability of a word stands at the step before it.
      const p = next?.p[kept + depth - 1] ?? Number.NaN;
      path *= p;
      Object.assign(found[at]!, { p, path });
    });
    const known = [...(loss ?? [])].filter((one) => !Number.isNaN(one));
    found[leaf]!.perplexity = Math.exp(known.reduce((sum, one) => sum + one, 0) / known.length);
  });
  return found;
}

export function leavesOf(tree: Tree): number[] {
  return placed(tree).flatMap(({ at, leaf }) => (leaf ? [at] : []));
}

export function treeTable(tree: Tree, said: readonly Judged[]): Table {
  return {
    caption: 'Continuations',
    columns: [
      { name: 'sentence', about: 'All of its words', corpus: true },
      { name: 'added', about: 'Words that were added', corpus: true },
      { name: 'P(last)', about: 'Probability of the last of them, after those before it', digits: 6 },
      { name: 'P(added)', about: 'Probability of the added words, each after those before it', digits: 6 },
      { name: 'perplexity', about: 'exp of the mean loss of the sentence', digits: 2 },
    ],
    rows: placed(tree).map(({ at }) => {
      const words = wordsTo(tree, at);
      const { p, path, perplexity } = said[at] ?? { p: Number.NaN, path: Number.NaN, perplexity: Number.NaN };
      return [words.join(' '), words.slice(keptBefore(tree, at)).join(' '), p, path, perplexity];
    }),
  };
}
