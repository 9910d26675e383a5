import type { SqlResult } from '../../data/sql/result';
import { harmless, quoted, shortest, type Table } from '../../model/csv';

const MICROSECONDS = 1_000_000n;

/** A value of a result as text, dates and times by the column's type; null is the caller's to show. */
export function cellText(value: unknown, type = ''): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number') return Number.isFinite(value) ? shortest(value) : String(value);
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' && type === 'TIME')
    return new Date(Number((value * 1000n) / MICROSECONDS)).toISOString().slice(11, 19);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date)
    return type === 'DATE' ? value.toISOString().slice(0, 10) : value.toISOString().replace('T', ' ').replace('Z', '');
  if (value instanceof Uint8Array && !(value instanceof Uint8ClampedArray)) return `[${Array.from(value).join(', ')}]`;
  if (ArrayBuffer.isView(value) || Array.isArray(value))
    return `[${Array.from(value as ArrayLike<unknown>, (item) => cellText(item)).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${cellText(item)}`)
      .join(', ')}}`;
  return '';
}

/** A field of a CSV file as RFC 4180 has it, harmless to spreadsheets unless it is a number; nothing for null. */
export function csvField(value: unknown, type = ''): string {
  if (value === null || value === undefined) return '';
  const text = cellText(value, type);
  if (text === '') return '""';
  return quoted(['number', 'bigint'].includes(typeof value) || isNumeric(type) ? text : harmless(text));
}

/** The first rows of an answer as a table. */
export function resultTable(result: SqlResult, rows: number): Table {
  return {
    caption: 'Result',
    columns: result.columns.map(({ name, type }) => ({ name, about: type })),
    rows: result
      .first(rows)
      .map((row) =>
        row.map((value, c) =>
          typeof value === 'number' || value === null ? value : cellText(value, result.columns[c]!.type),
        ),
      ),
  };
}

export function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)(\(.*\))?$/.test(type);
}

const LINES = 2000;

/** A whole answer as CSV, in pieces: a header line, CRLF, nothing for null. */
export function csvPieces(columns: readonly { name: string; type?: string }[], rows: Iterable<unknown[]>): string[] {
  const line = (cells: unknown[], types: (string | undefined)[]): string =>
    `${cells.map((cell, c) => csvField(cell, types[c])).join(',')}\r\n`;
  const types = columns.map(({ type }) => type);
  const pieces = [
    line(
      columns.map(({ name }) => name),
      [],
    ),
  ];
  let part: string[] = [];
  for (const row of rows) {
    part.push(line(row, types));
    if (part.length < LINES) continue;
    pieces.push(part.join(''));
    part = [];
  }
  pieces.push(part.join(''));
  return pieces;
}
