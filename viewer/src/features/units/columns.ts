import { UNIT_MEASURES } from '../../data/figures';
import type { UnitRow } from '../../data/types';
import { measure as measureText } from '../../model/text';
import type { ColumnKey, SortKey } from '../../state/unitList';
import type { ListMeasure } from '../../wording/measures';
import { boundText, type Bins } from './arrange';

/** A column of the unit table. */
export interface Column {
  key: SortKey;
  title: string;
  help: string;
  /** Null for columns of words. */
  measure: ListMeasure | null;
  /** Least width in pixels. */
  width: number;
  /** Whether it takes its part of the room that is left. */
  grows: boolean;
}

const WIDTHS = { unit: 84, chip: 62, mean: 128, measure: 96, words: 150, moved: 148 };
/** Of a cell, at the left and at the right. */
const PADDING = 8;
/** Right of the last column. */
export const MARGIN = 16;
/** Of the field for a bound: its padding and border, left and right. */
const FIELD = 6;
/** Narrower windows scroll sideways rather than show fewer measures. */
const LEAST_MEASURES = 4;

/** The measures from the first that a narrow table shows to the last; the mean has a column of its own kind. */
const FIRST: readonly SortKey[] = UNIT_MEASURES.filter(({ key }) => key !== 'mean')
  .toSorted((a, b) => a.telling - b.telling)
  .map(({ key }) => key);

/** Wide enough for the largest numbers, and for both bounds of the filter side by side. */
function widthOf(measure: ListMeasure, bins: Bins | null): number {
  if (!bins) return WIDTHS.measure;
  const widest = (size: number, weight: number, text: (value: number) => string): number =>
    Math.max(
      ...[bins.low, bins.high].map(
        (value) => measureText(text(value).replace(/\d/g, '0'), 'interface', size, weight).width,
      ),
    );
  const number = widest(12, 400, (value) => measure.text(value));
  const bound = widest(11, 600, (value) => boundText(value, bins, measure.scale)) + FIELD;
  return Math.max(WIDTHS.measure, Math.ceil(Math.max(number, 2 * bound + 4)) + 2 * PADDING);
}

/** All columns that this state has, in the order shown. */
export function columnsFor(
  measures: readonly ListMeasure[],
  bins: ReadonlyMap<string, Bins | null>,
  chips: boolean,
  moved: ListMeasure | null = null,
): Column[] {
  const mean = measures.find(({ key }) => key === 'mean') ?? null;
  const columns: Column[] = [
    {
      key: 'unit',
      title: 'Unit',
      help: 'Number of the unit. Tick it to select it: up to three, here and in every other view',
      measure: null,
      width: WIDTHS.unit,
      grows: false,
    },
  ];
  if (chips)
    columns.push({
      key: 'chip',
      title: 'Chip',
      help: 'The memory chip that the unit belongs to, by its drawn number',
      measure: null,
      width: WIDTHS.chip,
      grows: false,
    });
  if (moved)
    columns.push({
      key: 'moved',
      title: moved.title,
      help: moved.help,
      measure: moved,
      width: WIDTHS.moved,
      grows: false,
    });
  if (mean) {
    const help =
      'How often the unit has each value, over every step: blue negative, orange positive. Sorted and filtered by the mean';
    columns.push({ key: 'mean', title: 'Activation', help, measure: mean, width: WIDTHS.mean, grows: false });
  }
  columns.push({
    key: 'rising',
    title: 'Raised by',
    help: 'Words that raise it most, strongest first',
    measure: null,
    width: WIDTHS.words,
    grows: true,
  });
  columns.push({
    key: 'falling',
    title: 'Lowered by',
    help: 'Words that lower it most, strongest first',
    measure: null,
    width: WIDTHS.words,
    grows: true,
  });
  for (const measure of measures) {
    if (measure.key === 'mean') continue;
    columns.push({
      key: measure.key,
      title: measure.title,
      help: measure.help,
      measure,
      width: widthOf(measure, bins.get(measure.key) ?? null),
      grows: false,
    });
  }
  return columns;
}

/** The columns shown: those chosen, or as many as a table of this width holds, the most telling first; `needed` always. */
export function columnsShown(
  all: readonly Column[],
  chosen: readonly ColumnKey[] | null,
  needed: ReadonlySet<SortKey>,
  width: number,
): Column[] {
  const always = (key: SortKey): boolean => key === 'unit' || needed.has(key);
  if (chosen) return all.filter(({ key }) => always(key) || chosen.includes(key as ColumnKey));
  const kept = new Set(all.filter(({ key }) => always(key) || !FIRST.includes(key)));
  const measures = FIRST.flatMap((key) => all.find((column) => column.key === key && !kept.has(column)) ?? []);
  const already = [...kept].filter(({ key }) => FIRST.includes(key)).length;
  for (const [i, column] of measures.entries()) {
    if (already + i < LEAST_MEASURES || leastWidth([...kept, column]) <= width) kept.add(column);
  }
  return all.filter((column) => kept.has(column));
}

/** The tracks of the grid, as CSS has them. */
export function tracks(columns: readonly Column[]): string {
  const words = columns.some(({ grows }) => grows);
  return columns
    .map(({ width, grows, measure }) => (grows || (!words && measure) ? `minmax(${width}px, 1fr)` : `${width}px`))
    .join(' ');
}

/** Least width of a row, below which the table scrolls sideways. */
export function leastWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, MARGIN);
}

/** Width inside a cell of words, in a table of this width. */
export function wordsRoom(columns: readonly Column[], width: number): number {
  const growing = columns.filter(({ grows }) => grows).length;
  const extra = Math.max(0, width - leastWidth(columns)) / Math.max(1, growing);
  return WIDTHS.words + extra - 2 * PADDING;
}

/** Words of a unit as the table shows them: the strongest, then those below that were searched for. */
export function wordsShown(ids: Int32Array, found: ReadonlySet<number> | null, few = 4): number[] {
  const first = Array.from(ids.subarray(0, few));
  return found ? [...first, ...Array.from(ids.subarray(few)).filter((id) => found.has(id))] : first;
}

export function wordsOf(row: UnitRow, key: SortKey): Int32Array {
  return key === 'rising' ? row.topWords : row.bottomWords;
}
