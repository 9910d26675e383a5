/** Text without case and accents, in SQL and in the page alike. */

/**
 * Scripts whose marks are vowels, tones or voicing, not accents: without them another word is left (की and का, が and か).
 * Text with one of their characters keeps its marks.
 */
const SPOKEN: readonly (readonly [number, number])[] = [
  [0x0900, 0x109f], // Devanagari to Burmese, with Thai, Lao and Tibetan
  [0x1780, 0x17ff], // Khmer
  [0x1900, 0x1cff], // Limbu to Vedic signs
  [0x3040, 0x30ff], // Hiragana and Katakana
  [0xa800, 0xa8ff],
  [0xa980, 0xabff], // Javanese to Meetei Mayek
];

const hex = (code: number): string => code.toString(16).padStart(4, '0');
const SPOKEN_SQL = `[${SPOKEN.map(([from, to]) => `\\x{${hex(from)}}-\\x{${hex(to)}}`).join('')}]`;
const SPOKEN_TEXT = new RegExp(`[${SPOKEN.map(([from, to]) => `\\u${hex(from)}-\\u${hex(to)}`).join('')}]`);

/** SQL for text without case and accents. The engine ends a text at a NUL when it strips accents, so those go first. */
export function foldedSql(sql: string): string {
  const lower = `lower(replace(${sql}, chr(0), ' '))`;
  return `list_transform([${lower}], lambda folding: CASE WHEN regexp_matches(folding, '${SPOKEN_SQL}') THEN nfc_normalize(folding) ELSE strip_accents(folding) END)[1]`;
}

/** The same of a text here. */
export function foldedText(text: string): string {
  const lower = text.toLowerCase();
  return SPOKEN_TEXT.test(lower) ? lower.normalize('NFC') : lower.normalize('NFD').replace(/\p{M}/gu, '');
}
