import type { SqlResult } from '../../data/sql/result';
import { isNumeric } from './cells';

/** Where an answer names what the explorer shows, by the names that the published columns have: places of columns, −1 for none. */
export interface Openable {
  sentence: number;
  key: number;
  step: number;
  unit: number;
}

/** A sentence that a row names, by its key or its number, and the step where it says one, from 0. */
export interface NamedSentence {
  key: string | null;
  id: number | null;
  step: number | null;
}

const NONE: Openable = { sentence: -1, key: -1, step: -1, unit: -1 };

/** What rows of this answer can open: nothing where the query named tables of another dataset, model or state, whose numbers are others. */
export function openable({ columns, foreign }: Pick<SqlResult, 'columns' | 'foreign'>): Openable {
  if (foreign) return NONE;
  const at = (name: string, fits: (type: string) => boolean): number =>
    columns.findIndex((column) => column.name === name && fits(column.type));
  return {
    sentence: at('sentence_id', isNumeric),
    key: at('key', (type) => type === 'VARCHAR'),
    step: at('step', isNumeric),
    unit: at('unit', isNumeric),
  };
}

/** A whole number from 0 that is below `end`; null for anything else. */
function whole(value: unknown, end = Infinity): number | null {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < end ? number : null;
}

export function sentenceOf(row: readonly unknown[], at: Openable): NamedSentence | null {
  const key = row[at.key];
  const named = typeof key === 'string' && key !== '' ? key : null;
  const id = whole(row[at.sentence]);
  return named === null && id === null ? null : { key: named, id, step: whole(row[at.step]) };
}

export function unitOf(row: readonly unknown[], at: Openable, units: number): number | null {
  return whole(row[at.unit], units);
}
