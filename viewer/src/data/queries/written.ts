/** Which texts hold what somebody wrote into a search field. */

import { foldedText } from '../folding';
import { DataProblem } from '../problem';
import { expression } from './search';

/** Whether `but` means the word, or those letters wherever they stand. */
export type Written = 'words' | 'letters';

/** What a word is made of. */
const LETTER = '[\\p{L}\\p{M}\\p{N}_]';

/** The words as an expression over folded text: whole ones, any space between them. */
export function wordsExpression(text: string): RegExp {
  const inner = foldedText(text.trim())
    .split(/\s+/u)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .join('\\s+');
  const letter = new RegExp(LETTER, 'u');
  const folded = [...foldedText(text.trim())];
  const starts = letter.test(folded[0] ?? '') ? `(?<!${LETTER})` : '';
  const ends = letter.test(folded.at(-1) ?? '') ? `(?!${LETTER})` : '';
  return new RegExp(`${starts}${inner}${ends}`, 'gu');
}

/**
 * Whether a text, and the same without case and accents, holds `text`: its words as whole words, or its letters; `/…/`
 * is a regular expression. An empty one is in all. Throws `DataProblem` where an expression cannot be read.
 */
export function writtenTest(text: string, as: Written): (raw: string, folded: string) => boolean {
  const pattern = expression(text);
  if (pattern === null) {
    const wanted = foldedText(text.trim());
    if (as === 'letters' || !wanted) return (_, folded) => folded.includes(wanted);
    const whole = wordsExpression(text);
    return (_, folded) => folded.includes(wanted.split(/\s+/u)[0]!) && folded.search(whole) >= 0;
  }
  try {
    const tester = new RegExp(pattern, 'iu');
    return (raw) => tester.test(raw);
  } catch (error) {
    throw new DataProblem(
      `The expression cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      pattern.slice(0, 80),
      'Close every bracket, and write \\( for a bracket that is text.',
    );
  }
}
