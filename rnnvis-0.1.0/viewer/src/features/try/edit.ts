/** Sentences made out of a sentence: words replaced, put in, taken out, halves in the other order. */

import { madeOf, writeMade, type Base, type Made } from '../../data/made';
import type { Sentence, Vocabulary } from '../../data/types';

/** An edit, and the step at which a pinned step stands afterwards; null where its word is gone. */
export interface Edited {
  words: string[];
  moved: (step: number) => number | null;
}

/**
 * The words of a sentence as the vocabulary finds them again: as they are written where that is the word that was read,
 * else the vocabulary's own text of it, such as `<unk>`.
 */
export function wordsOf(
  { surface, tokens }: Pick<Sentence, 'surface' | 'tokens'>,
  { text }: Pick<Vocabulary, 'text'>,
  idOf: (word: string) => number | null,
): string[] {
  return surface.map((word, i) => {
    const token = tokens[i]!;
    return idOf(word) === token ? word : (text[token] ?? word);
  });
}

export function replaced(words: readonly string[], at: number, word: string): Edited {
  return { words: words.map((old, i) => (i === at ? word : old)), moved: (step) => step };
}

export function inserted(words: readonly string[], at: number, word: string): Edited {
  return { words: [...words.slice(0, at), word, ...words.slice(at)], moved: (step) => (step < at ? step : step + 1) };
}

export function removed(words: readonly string[], at: number): Edited {
  return {
    words: words.filter((_, i) => i !== at),
    moved: (step) => (step === at ? null : step < at ? step : step - 1),
  };
}

/** What begins at `at` comes first. */
export function swapped(words: readonly string[], at: number): Edited {
  const back = words.length - at;
  return { words: [...words.slice(at), ...words.slice(0, at)], moved: (step) => (step < at ? step + back : step - at) };
}

/**
 * The key of a sentence of these words; what was held in the sentence before is held from the same words on. `started`:
 * whether a published sentence starts from where another one ended, so that its words do too.
 */
export function edited(key: string, { words, moved }: Edited, started = false): string {
  const made = madeOf(key);
  const base: Base = { words };
  const switches = made.switches.map((one) => ({
    ...one,
    first: one.first === 0 ? 0 : (moved(one.first) ?? Math.min(one.first, words.length - 1)),
  }));
  const start = 'key' in made.base ? (started ? made.base.key : undefined) : made.start;
  return writeMade({ base, switches, label: made.label, ...(start === undefined ? {} : { start }) } satisfies Made);
}
