import type { ClusterSide, Clustering } from '../data/types';
import { Cells, type Cell } from './cells';
import { groups, type Group } from './groups';
import type { BoardColumn } from './layout';
import { mean, sum } from './scale';
import { spread } from './spread';

export interface Chip {
  group: Group;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Mean of the values over its units, or their sum where values add up. */
  amount: number;
  cells: Cells;
}

export interface Chips {
  list: Chip[];
  cell: number;
  gap: number;
  columns: number;
  /** Units that share a cell; 1 while there is room for all. */
  each: number;
  /** Number, cells and amount on one line, where there is no room for a head line. */
  inline: boolean;
  bottom: number;
}

interface Plan {
  cell: number;
  gap: number;
  inline: boolean;
  head: number;
  left: number;
  right: number;
  foot: number;
}

const STACKED = { inline: false, head: 21, left: 10, right: 10, foot: 8 };
const INLINE = { inline: true, head: 4, left: 28, right: 50, foot: 4 };

function plan(cell: number, form: typeof STACKED): Plan {
  return { cell, gap: cell > 8 ? 2 : cell > 2 ? 1 : 0, ...form };
}

const PLANS: Plan[] = [
  ...[13, 12, 11, 10, 9].map((cell) => plan(cell, STACKED)),
  ...[13, 11, 10].map((cell) => plan(cell, INLINE)),
  ...[8, 7, 6].map((cell) => plan(cell, STACKED)),
  ...[9, 8, 7, 6, 5].map((cell) => plan(cell, INLINE)),
  ...[5, 4, 3].map((cell) => plan(cell, STACKED)),
  ...[4, 3, 2, 1].map((cell) => plan(cell, INLINE)),
];

const LEAST_GAP = 3;

function columnsOf(p: Plan, width: number): number {
  return Math.max(1, Math.floor((width - p.left - p.right + p.gap) / (p.cell + p.gap)));
}

function heightOf(p: Plan, rows: number): number {
  return p.head + Math.max(1, rows) * (p.cell + p.gap) - p.gap + p.foot;
}

/** Cells that several units share are at least so large, so that each can be pointed at. */
const LEAST_SHARED = 3;
/** Cells at most where the chips scroll. */
const MOST_CELLS = 4000;
/** How many units may share a cell. */
const SHARES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** The plan with the largest cells that still fit, shared by as few units as can be; one that scrolls where none fits. */
function choose(sizes: readonly number[], width: number, room: number): { p: Plan; each: number } {
  for (const each of SHARES) {
    const p = PLANS.find((one) => {
      const columns = columnsOf(one, width);
      const total = sizes.reduce(
        (sum, n) => sum + heightOf(one, Math.ceil(n / each / columns)) + LEAST_GAP,
        -LEAST_GAP,
      );
      return total <= room && (each === 1 || one.cell >= LEAST_SHARED);
    });
    if (p) return { p, each };
  }
  return scrolling(sizes, plan(13, INLINE));
}

function scrolling(sizes: readonly number[], p: Plan): { p: Plan; each: number } {
  const cells = (each: number): number => sizes.reduce((sum, n) => sum + Math.ceil(n / each), 0);
  return { p, each: SHARES.find((each) => cells(each) <= MOST_CELLS) ?? SHARES[SHARES.length - 1]! };
}

export interface ChipRequest {
  clustering: Clustering;
  values: Float32Array | null;
  /** Whether the values of a chip's units add up, as pushes do, in place of having a mean. */
  adds?: boolean | undefined;
  column: BoardColumn;
  /** Wanted centre of each chip, in draw order; null stacks them from the top. */
  centres: readonly number[] | null;
  align: 'width' | 'height';
  /** Room under each chip for a line of text. */
  below: number;
  /** Units that each frame has room for, in draw order, where more than its own. */
  reserve?: readonly number[] | undefined;
  /** Chips narrower than the column stand at its right end. */
  mirrored?: boolean | undefined;
}

/** Chips in draw order, each as near to its wanted centre as the others allow. */
export function layChips(request: ChipRequest): Chips {
  const { clustering, values, column, centres, align, below } = request;
  const all = groups(clustering.units);
  const sizes = all.map((group, i) => Math.max(group.members.length, request.reserve?.[i] ?? 0));
  const { p, each } = centres
    ? choose(sizes, column.width, column.bottom - column.top)
    : scrolling(sizes, plan(16, { ...STACKED, head: 28, foot: 10 }));
  const cells = sizes.map((n) => Math.ceil(n / each));
  const widest = columnsOf(p, column.width);
  const rowsOf = align === 'height' ? Math.max(1, Math.ceil(Math.max(...cells, 1) / widest)) : 0;
  const columnsFor = (n: number): number => (rowsOf ? Math.max(1, Math.ceil(n / rowsOf)) : widest);
  const heights = cells.map((n) => heightOf(p, rowsOf || Math.ceil(n / widest)));
  const gap = centres ? LEAST_GAP : 12 + below;
  const wanted = centres ?? heights.map((_, i) => i);
  const tops = spread(wanted, heights, gap, column.top, column.bottom);
  const pitch = p.cell + p.gap;
  const list = all.map((group, i): Chip => {
    const units = unitsOf(clustering.units, group);
    const columns = columnsFor(Math.ceil(units.length / each));
    const least = p.inline ? column.width : 86;
    const width = rowsOf ? Math.max(least, p.left + p.right + columns * pitch - p.gap) : column.width;
    const y = Math.round(tops[i]!);
    const x = request.mirrored ? column.x + column.width - width : column.x;
    return {
      group,
      x,
      y,
      width,
      height: heights[i]!,
      amount: values ? (request.adds ? sum : mean)(values, units) : NaN,
      cells: new Cells(units, values, { x: x + p.left, y: y + p.head, columns, pitch }, each),
    };
  });
  const last = list[list.length - 1];
  return {
    list,
    cell: p.cell,
    gap: p.gap,
    columns: widest,
    each,
    inline: p.inline,
    bottom: last ? last.y + last.height + below : column.top,
  };
}

/** The cell under a point, by arithmetic; null between cells. */
export function cellAt(chips: Chips, chip: Chip, x: number, y: number): Cell | null {
  return chip.cells.under(x, y, chips.gap);
}

const known = new WeakMap<Group, Int32Array>();

function unitsOf(side: ClusterSide, group: Group): Int32Array {
  let units = known.get(group);
  if (!units) known.set(group, (units = Int32Array.from(group.members, (member) => side.ids[member]!)));
  return units;
}
