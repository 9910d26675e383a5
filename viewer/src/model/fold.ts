import { measure, type FontFamily } from './text';

/** A text in lines that are at most so wide, broken between words; a word that is wider stands alone. */
export function fold(text: string, width: number, family: FontFamily, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/u).filter(Boolean)) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && measure(longer, family, size).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
