import type { Vocabulary, WordResponse } from '../../data/types';
import { errorDigits, fixed, plusMinus, signed } from '../../wording/format';
import type { Measure } from '../../wording/measures';

/** Number of the word that was typed, in its own case or in small letters; null where the vocabulary has no such word. */
export function typedWord(vocabulary: Vocabulary | null, typed: string): number | null {
  const text = typed.trim();
  return text === '' ? null : (vocabulary?.id.get(text) ?? vocabulary?.id.get(text.toLowerCase()) ?? null);
}

/** Digits in which the usual error has two figures, the same for all units. */
function digitsOf({ mean, standardError }: WordResponse): number {
  const sizes = Array.from(standardError ?? mean.map((of) => of / 10), Math.abs).sort((a, b) => a - b);
  const usual = sizes[sizes.length >> 1] ?? 0;
  return usual > 0 ? Math.max(2, Math.min(6, 1 - Math.floor(Math.log10(usual) + 1e-6))) : 3;
}

/** How much a word moves each unit, as a measure to rank units by: by size, whichever way. */
export function movedBy(word: string, response: WordResponse): Measure<'moved'> {
  const { mean, standardError, count } = response;
  const digits = digitsOf(response);
  const error = (row: { unit: number }): number | null => standardError?.[row.unit] ?? null;
  const value = (row: { unit: number }): number | null => mean[row.unit] ?? null;
  return {
    key: 'moved',
    title: `Moved by “${word}”`,
    help: `Mean change at “${word}”, over its ${count.toLocaleString('en')} uses, with its standard error. Ranked by size`,
    about: (row) =>
      error(row) === null
        ? 'its standard error is not known'
        : `${plusMinus(error(row)!, digits) || '± 0'}, its standard error`,
    value,
    text: (of) => signed(of, digits),
    withError: (row) => {
      const [of, by] = [value(row), error(row)];
      if (of === null) return '–';
      const shown = Math.max(digits, errorDigits(by ?? 0));
      return by === null ? signed(of, digits) : `${signed(of, shown)} ± ${fixed(by, shown)}`;
    },
    scale: 1,
    base: 0,
    rank: Math.abs,
    group: 'more',
    row: null,
    error,
  };
}
