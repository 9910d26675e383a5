/** How a text that was typed is looked for: as whole words, as letters, or as an expression between slashes. */

import { foldedText } from '../folding';
import type { Vocabulary } from '../types';
import { phraseWords } from './phrase';

export const MATCHES = ['words', 'letters'] as const;
export type Match = (typeof MATCHES)[number];

/** First and last offset of a hit in a text. */
export type Hit = readonly [number, number];

const LETTER = '[\\p{L}\\p{M}\\p{N}]';
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;

/** Finds a phrase, already folded, where no letter or digit goes on before or behind it; null where nothing was typed. */
export function wholeWords(folded: string): RegExp | null {
  const words = folded.split(/\s+/u).filter(Boolean);
  if (!words.length) return null;
  const body = words.map((word) => word.replace(SPECIAL, '\\$&')).join('\\s+');
  const before = new RegExp(`^${LETTER}`, 'u').test(words[0]!) ? `(?<!${LETTER})` : '';
  const after = new RegExp(`${LETTER}$`, 'u').test(words.at(-1)!) ? `(?!${LETTER})` : '';
  return new RegExp(`${before}${body}${after}`, 'gu');
}

interface Known {
  /** Folded texts, and the numbers of the words that are written so. */
  ids: ReadonlyMap<string, number[]>;
  /** Whether its entries are words: not characters, and not pieces that are marked as such. */
  words: boolean;
}

const read = new WeakMap<Vocabulary, Known>();

function known(vocabulary: Vocabulary): Known {
  const before = read.get(vocabulary);
  if (before) return before;
  const ids = new Map<string, number[]>();
  let longest = 0;
  let pieces = false;
  vocabulary.text.forEach((text, id) => {
    const form = foldedText(text);
    ids.set(form, [...(ids.get(form) ?? []), id]);
    if (vocabulary.special[id]) return;
    longest = Math.max(longest, [...text].length);
    pieces ||= text.length > 1 && /^[Ġ▁]|^##(?=.)|@@$|<\/w>$/u.test(text);
  });
  const made = { ids, words: longest > 1 && !pieces };
  read.set(vocabulary, made);
  return made;
}

/**
 * The numbers that each word of a phrase may have among the tokens; null where the vocabulary does not hold them all, or
 * holds characters or pieces of words: there a word is where no letter goes on, as `wholeWords` has it.
 */
export function phraseIds(phrase: string, vocabulary: Vocabulary): ReadonlySet<number>[] | null {
  const { ids, words } = known(vocabulary);
  if (!words) return null;
  const found = phraseWords(foldedText(phrase), new Set(ids.keys())).map((word) => ids.get(word));
  return found.length && found.every((one) => one !== undefined) ? found.map((one) => new Set(one)) : null;
}

/** Whether these words stand somewhere in a row. */
export function standsIn(tokens: ArrayLike<number>, phrase: readonly ReadonlySet<number>[]): boolean {
  for (let at = 0; at + phrase.length <= tokens.length; at += 1)
    if (phrase.every((ids, i) => ids.has(tokens[at + i]!))) return true;
  return false;
}

/** The expression as the browser has it, without regard to case. Throws where it is none. */
export function compiled(pattern: string, flags = ''): RegExp {
  try {
    return new RegExp(pattern, `iu${flags}`);
  } catch (error) {
    try {
      // A hyphen that is escaped outside brackets, and its like, are common and harmless.
      return new RegExp(pattern, `i${flags}`);
    } catch {
      throw error;
    }
  }
}

/** Where an expression is found in a text, empty finds left out; null where it is not found at all. */
export function expressionHits(text: string, pattern: RegExp): Hit[] | null {
  const found = [...text.matchAll(pattern)];
  if (!found.length) return null;
  return found.filter((hit) => hit[0]).map((hit) => [hit.index, hit.index + hit[0].length]);
}
