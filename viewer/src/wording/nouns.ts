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

/** `of` with each word for steps and sentences as the dataset calls them: `a word` becomes `an event`. */
export function inNouns(of: string, nouns: Nouns): string {
  if (nouns === USUAL) return of;
  return of.replace(/\b(?:(an?) )?(words?|sentences?)\b/gi, (_, article: string | undefined, noun: string) => {
    const plain = noun.toLowerCase();
    const own = plain === 'word' ? nouns.step : plain === 'words' ? nouns.steps : nouns[plain as keyof Nouns];
    const said = noun[0] === noun[0]!.toUpperCase() ? own[0]!.toUpperCase() + own.slice(1) : own;
    if (article === undefined) return said;
    return `${article[0]}${/^[aeiou]/i.test(own) ? 'n' : ''} ${said}`;
  });
}
