import { UNIT_MEASURES } from '../../data/figures';
import type { UnitRow } from '../../data/types';
import type { Cell, Table } from '../../model/csv';
import { measure as measureText } from '../../model/text';
import type { ColumnKey, SortKey } from '../../state/unitList';
import { measureCells, measureColumns } from '../../wording/measureTable';
import type { ListMeasure } from '../../wording/measures';
import { boundText, spanOf, type Span } from './span';

/** A column of the unit table: all that the page, the order, the figure and the file ask of it. */
export interface Column {
  key: SortKey;
  title: string;
  help: string;
  /** Null for columns without a measure. */
  measure: ListMeasure | null;
  /** How its cells are drawn. */
  kind: 'unit' | 'chip' | 'activation' | 'words' | 'measure' | 'text';
  /** What its head filters by. */
  filter: 'range' | 'chip' | null;
  /** Least width in pixels. */
  width: number;
  /** Whether it takes its part of the room that is left. */
  grows: boolean;
  /** What the rows are sorted by; those without it stand last. */
  order: (row: UnitRow) => number | string | null | undefined;
  /** Its words, of a column of words. */
  words: (row: UnitRow) => Int32Array;
  /** Its cell in a figure. */
  shown: (row: UnitRow) => Cell;
  /** What it becomes in a file: in full precision, all words. */
  saved: { columns: Table['columns']; cells: (row: UnitRow) => Cell[] };
}

/** What columns are made from. */
export interface Known {
  /** Those that are declared and known of this state. */
  measures: readonly ListMeasure[];
  /** The response to a word that was asked for; null without. */
  moved: ListMeasure | null;
  rows: readonly UnitRow[];
  /** Drawn number of each unit's chip; empty without chips. */
  chips: ReadonlyMap<number, number>;
  /** Words by number. */
  text: readonly string[];
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
/** Words of a unit that the table and its figure show. */
const FEW = 4;

/** The measures from the first that a narrow table shows to the last; the mean has a column of its own kind. */
const FIRST: readonly SortKey[] = UNIT_MEASURES.filter(({ key }) => key !== 'mean')
  .toSorted((a, b) => a.telling - b.telling)
  .map(({ key }) => key);

const NO_WORDS = new Int32Array();
const PLAIN = { measure: null, filter: null, grows: false, words: () => NO_WORDS } as const;

/** Every kind of column, in the order shown; none of a kind that this state lacks. */
const KINDS: readonly ((known: Known) => Column[])[] = [
  unitColumn,
  chipColumn,
  movedColumn,
  activationColumn,
  wordColumns,
  measureColumnsOf,
];

/** All columns that this state has, in the order shown. */
export function columnsFor(known: Known): Column[] {
  return KINDS.flatMap((columns) => columns(known));
}

function unitColumn(): Column[] {
  const of = ({ unit }: UnitRow): number => unit;
  const help = 'Number of the unit. Tick it to select it: up to three, here and in every other view';
  const saved = { columns: [{ name: 'unit', about: 'Unit number' }], cells: (row: UnitRow) => [of(row)] };
  return [
    { ...PLAIN, key: 'unit', title: 'Unit', help, kind: 'unit', width: WIDTHS.unit, order: of, shown: of, saved },
  ];
}

function chipColumn({ chips }: Known): Column[] {
  if (!chips.size) return [];
  const of = ({ unit }: UnitRow): number | null => chips.get(unit) ?? null;
  const help = 'The memory chip that the unit belongs to, by its drawn number';
  const saved = {
    columns: [{ name: 'chip', about: 'Drawn number of its memory chip' }],
    cells: (row: UnitRow) => [of(row)],
  };
  const column = { ...PLAIN, key: 'chip', title: 'Chip', help, kind: 'chip', filter: 'chip' } as const;
  return [{ ...column, width: WIDTHS.chip, order: of, shown: of, saved }];
}

/** A word moves units either way: what counts is how much. */
function movedColumn({ moved }: Known): Column[] {
  if (!moved) return [];
  const order = (row: UnitRow): number | null => {
    const value = moved.value(row);
    return value === null ? null : Math.abs(value);
  };
  return [{ ...measured(moved), key: 'moved', filter: null, width: WIDTHS.moved, order }];
}

function activationColumn({ measures }: Known): Column[] {
  const mean = measures.find(({ key }) => key === 'mean');
  if (!mean) return [];
  const help =
    'How often the unit has each value, over every step: blue negative, orange positive. Sorted and filtered by the mean';
  const drawn = { title: 'Activation', help, kind: 'activation', width: WIDTHS.mean, shown: () => '' } as const;
  return [{ ...measured(mean), ...drawn }];
}

function wordColumns({ text }: Known): Column[] {
  const column = (key: 'rising' | 'falling', title: string, what: string): Column => {
    const words = (row: UnitRow): Int32Array => (key === 'rising' ? row.topWords : row.bottomWords);
    const listed = (ids: readonly number[], by: string): string => ids.map((id) => text[id] ?? '').join(by);
    return {
      ...PLAIN,
      key,
      title,
      help: `Words that ${what} it most, strongest first`,
      kind: 'words',
      width: WIDTHS.words,
      grows: true,
      words,
      order: (row) => text[words(row)[0] ?? -1] ?? '',
      shown: (row) => listed(wordsShown(words(row), null), ', '),
      saved: {
        columns: [{ name: title.toLowerCase(), about: `Words that ${what} it most`, corpus: true }],
        cells: (row) => [listed(Array.from(words(row)), ' ')],
      },
    };
  };
  return [column('rising', 'Raised by', 'raise'), column('falling', 'Lowered by', 'lower')];
}

function measureColumnsOf({ measures, rows }: Known): Column[] {
  return measures
    .filter(({ key }) => key !== 'mean')
    .map((measure) => ({ ...measured(measure), width: widthOf(measure, spanOf(rows, measure)) }));
}

/** A column of a measure. */
function measured(measure: ListMeasure): Column {
  return {
    ...PLAIN,
    key: measure.key,
    title: measure.title,
    help: measure.help,
    measure,
    kind: 'measure',
    filter: 'range',
    width: WIDTHS.measure,
    order: measure.value,
    shown(row) {
      const value = measure.value(row);
      return value === null ? null : (measure.withError?.(row) ?? measure.text(value));
    },
    saved: { columns: measureColumns(measure), cells: (row) => measureCells(measure, row) },
  };
}

/** Wide enough for the largest numbers, and for both bounds of the filter side by side. */
function widthOf(measure: ListMeasure, span: Span | null): number {
  if (!span) return WIDTHS.measure;
  const widest = (size: number, weight: number, text: (value: number) => string): number =>
    Math.max(
      ...[span.low, span.high].map(
        (value) => measureText(text(value).replace(/\d/g, '0'), 'interface', size, weight).width,
      ),
    );
  const number = widest(12, 400, (value) => measure.text(value));
  const bound = widest(11, 600, (value) => boundText(value, span, measure.scale)) + FIELD;
  return Math.max(WIDTHS.measure, Math.ceil(Math.max(number, 2 * bound + 4)) + 2 * PADDING);
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
export function wordsShown(ids: Int32Array, found: ReadonlySet<number> | null): number[] {
  const first = Array.from(ids.subarray(0, FEW));
  return found ? [...first, ...Array.from(ids.subarray(FEW)).filter((id) => found.has(id))] : first;
}

/** The units as shown, with every column in full. */
export function listTable(rows: readonly UnitRow[], columns: readonly Column[]): Table {
  return {
    caption: 'Units',
    columns: columns.flatMap(({ saved }) => saved.columns),
    rows: rows.map((row) => columns.flatMap(({ saved }) => saved.cells(row))),
  };
}
