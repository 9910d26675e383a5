/** A cell: text, a number, or nothing measured. */
export type Cell = string | number | null;

/** A table twin of a picture. Numbers keep their full precision; `digits` is for the eye. */
export interface Table {
  caption: string;
  columns: { name: string; about: string; digits?: number; corpus?: boolean }[];
  rows: Cell[][];
}

/** The shortest decimal that reads back as the same number; single-precision values lose their noise. */
export function shortest(value: number): string {
  if (Number.isInteger(value) || Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits < 9; digits += 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, as spreadsheets themselves mark text. */
export function harmless(text: string): string {
  return /^[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) && /[\p{L}\p{N}(|!]/u.test(text) ? `'${text}` : text;
}

/** Text as a field of CSV (RFC 4180): quoted where it must be. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One cell of CSV: quoted where it must be, and harmless to spreadsheets. */
export function field(cell: Cell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return '';
  return quoted(typeof cell === 'number' ? shortest(cell) : harmless(cell));
}

/** CSV as RFC 4180 has it: a header line, CRLF, quotes doubled, nothing for a missing value. */
export function toCsv(table: Table): string {
  const lines = [table.columns.map((column) => column.name), ...table.rows];
  return `${lines.map((cells) => cells.map(field).join(',')).join('\r\n')}\r\n`;
}

/** A file name from words that people chose: letters, digits and hyphens only. */
export function fileName(...parts: string[]): string {
  const clean = parts
    .map((part) =>
      part
        .normalize('NFC')
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-+|-+$/g, ''),
    )
    .filter(Boolean);
  return clean.join('-').slice(0, 80).toLowerCase() || 'rnnvis';
}
