import { measure, type FontFamily } from './text';

/** Most characters of a line: a drawing shows only the first of a longer text. */
export const LONGEST = 160;

/** A text in lines that are at most so wide, broken between words, and inside a word that is wider than a line. */
export function fold(text: string, width: number, family: FontFamily, size: number): string[] {
  const fits = (line: string): boolean => line.length <= LONGEST && measure(line, family, size).width <= width;
  const lines: string[] = [];
  for (const word of text
    .split(/\s+/u)
    .filter(Boolean)
    .flatMap((one) => (fits(one) ? [one] : letters(one, width / size)))) {
    const last = lines.at(-1);
    if (last !== undefined && fits(`${last} ${word}`)) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A long word in pieces of so many letters: none is wider than its size. */
export function letters(word: string, count: number): string[] {
  const each = Math.max(1, Math.min(LONGEST, Math.floor(count)));
  const all = [...word];
  return Array.from({ length: Math.ceil(all.length / each) }, (_, i) => all.slice(i * each, (i + 1) * each).join(''));
}
