/** What the page “Units” is sorted and filtered by, as links have it. */

import { UNIT_MEASURES } from '../data/figures';

export type MeasureKey = (typeof UNIT_MEASURES)[number]['key'];

/** As the page has them: the mean stands first, in the column of activation. */
export const MEASURE_KEYS: readonly MeasureKey[] = [
  'mean',
  ...UNIT_MEASURES.map(({ key }) => key).filter((key) => key !== 'mean'),
];

export const SORT_KEYS = ['unit', 'chip', 'moved', ...MEASURE_KEYS, 'rising', 'falling'] as const;

export type SortKey = (typeof SORT_KEYS)[number];

/** Columns that can be hidden; the unit's number cannot. */
export const COLUMN_KEYS = SORT_KEYS.slice(1) as readonly ColumnKey[];

export type ColumnKey = Exclude<SortKey, 'unit'>;

/** Units whose measure lies in [low, high]; null leaves that side open. */
export interface MeasureRange {
  key: MeasureKey;
  low: number | null;
  high: number | null;
}

/** Letters that the filter for words may have. */
export const LONGEST_FILTER = 60;

function bound(text: string): number | null | undefined {
  if (text === '') return null;
  if (!/^-?\d{1,12}(\.\d{1,12})?$/.test(text)) return undefined;
  return Number(text);
}

function written(value: number | null): string {
  return value === null ? '' : String(Number(value.toFixed(6)));
}

/** A range as links have it: `timeScale:2:6.5`, an open side empty. */
export function writeRange({ key, low, high }: MeasureRange): string {
  return `${key}:${written(low)}:${written(high)}`;
}

/** The range of `writeRange`; null where the text is none. */
export function readRange(text: string): MeasureRange | null {
  const [name, from, to, ...rest] = text.split(':');
  const key = MEASURE_KEYS.find((candidate) => candidate === name);
  const [low, high] = [bound(from ?? '?'), bound(to ?? '?')];
  if (!key || rest.length || low === undefined || high === undefined || (low === null && high === null)) return null;
  return { key, low, high };
}
