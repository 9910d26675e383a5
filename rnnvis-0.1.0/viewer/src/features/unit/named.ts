import type { Vocabulary } from '../../data/types';

const LETTER = /\p{L}/u;

/** The first words of a ranking that a reader can make something of, and the marks without a letter that stand before the last of them. */
export function named(
  ids: ArrayLike<number>,
  vocabulary: Pick<Vocabulary, 'text' | 'special'>,
  most: number,
): { words: string[]; marks: string[] } {
  const texts = Array.from(ids)
    .filter((id) => !vocabulary.special[id])
    .map((id) => vocabulary.text[id] ?? '');
  const words: string[] = [];
  const marks: string[] = [];
  for (const text of texts) {
    if (words.length === most) break;
    (LETTER.test(text) ? words : marks).push(text);
  }
  return words.length ? { words, marks: marks.slice(0, most) } : { words: marks.slice(0, most), marks: [] };
}
