/** The list of sentences beside a comparison: which it holds, in the view and in its link. */

import { LONGEST_TEXT } from './find';

/** All of them, or those that A alone, B alone or neither got right. */
export const OUTCOMES = ['any', 'a', 'b', 'neither'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Apart {
  /** Words that a sentence holds, or an expression between slashes; empty for all. */
  text: string;
  /** Split of the corpus; empty for all of it. */
  split: string;
  outcome: Outcome;
}

export function writeApart({ outcome, split, text }: Apart): string {
  return [outcome, split, text].map(encodeURIComponent).join(',');
}

/** Reads what `writeApart` wrote. Throws where it is something else. */
export function readApart(value: string): Apart {
  const [outcome, split, text, ...rest] = value.split(',').map(decodeURIComponent);
  const known = OUTCOMES.find((one) => one === outcome);
  if (known === undefined || split === undefined || text === undefined || rest.length || text.length > LONGEST_TEXT)
    throw new Error('not such a list');
  return { outcome: known, split, text };
}
