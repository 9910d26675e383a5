/** What the steps and the sentences of a dataset are called. */

import type { DatasetEntry } from '../data/types';

export type Nouns = NonNullable<DatasetEntry['nouns']>;

const USUAL: Nouns = { step: 'word', steps: 'words', sentence: 'sentence', sentences: 'sentences' };

export function nounsOf(dataset: Pick<DatasetEntry, 'nouns'> | null): Nouns {
  return dataset?.nouns ?? USUAL;
}

/** `2 letters`. */
export function stepCount(count: number, nouns: Nouns): string {
  return `${count.toLocaleString('en')} ${count === 1 ? nouns.step : nouns.steps}`;
}
