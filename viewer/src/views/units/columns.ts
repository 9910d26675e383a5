import type { UnitRow } from '../../data/types';
import type { SortKey } from '../../state/unitList';
import type { Measure } from '../unit/measures';

/** A column of the unit table. */
export interface Column {
  key: SortKey;
  title: string;
  help: string;
  /** Null for columns of words. */
  measure: Measure | null;
  /** CSS width, as a track of the grid. */
  width: string;
}

/** Least widths in pixels, which the tracks below repeat. */
const WIDTHS = { unit: 84, chip: 62, mean: 136, measure: 116, named: 136, words: 150 };
/** A measure with a longer name than this has a wider column. */
const LONG_NAME = 17;

function widthOf({ title }: Measure): number {
  return title.length > LONG_NAME ? WIDTHS.named : WIDTHS.measure;
}

/** Of a cell, at the left and at the right. */
const PADDING = 8;

/** The columns that this state has, in the order shown. */
export function columnsFor(measures: readonly Measure[], chips: boolean): Column[] {
  const mean = measures.find(({ key }) => key === 'mean') ?? null;
  const columns: Column[] = [
    { key: 'unit', title: 'Unit', help: 'Number of the unit. Tick it to select it: up to three, here and in every other view', measure: null, width: `${WIDTHS.unit}px` },
  ];
  if (chips) columns.push({ key: 'chip', title: 'Chip', help: 'The memory chip that the unit belongs to, by its drawn number', measure: null, width: `${WIDTHS.chip}px` });
  if (mean) {
    const help = 'How often the unit has each value, over every step: blue negative, orange positive. Sorted and filtered by the mean';
    columns.push({ key: 'mean', title: 'Activation', help, measure: mean, width: `${WIDTHS.mean}px` });
  }
  const words = `minmax(${WIDTHS.words}px, 1fr)`;
  columns.push({ key: 'rising', title: 'Raised by', help: 'Words that raise it most, strongest first', measure: null, width: words });
  columns.push({ key: 'falling', title: 'Lowered by', help: 'Words that lower it most, strongest first', measure: null, width: words });
  for (const measure of measures) {
    if (measure.key !== 'mean') columns.push({ key: measure.key, title: measure.title, help: measure.help, measure, width: `${widthOf(measure)}px` });
  }
  return columns;
}

/** Least width of a row, below which the table scrolls sideways. */
export function leastWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, { key, measure }) => {
    if (key === 'unit' || key === 'chip' || key === 'mean') return sum + WIDTHS[key];
    return sum + (measure ? widthOf(measure) : WIDTHS.words);
  }, 2 * PADDING);
}

/** Width inside a cell of words, in a table of this width. */
export function wordsRoom(columns: readonly Column[], width: number): number {
  const extra = Math.max(0, width - leastWidth(columns)) / 2;
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
