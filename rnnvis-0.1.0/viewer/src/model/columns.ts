import { mean } from './scale';

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Columns beyond this many a pixel cannot be told apart on any screen. */
const PER_PIXEL = 2;

/** The units of each column: one each while there is room, else neighbours in the order share a column. */
export function columnUnits(order: Int32Array, frame: Frame): Int32Array[] {
  const n = Math.min(order.length, Math.max(1, Math.floor(PER_PIXEL * (frame.right - frame.left))));
  const end = (column: number): number => Math.floor((column * order.length) / n);
  return Array.from({ length: n }, (_, column) => order.subarray(end(column), end(column + 1)));
}

/** Widths of `n` equal columns: the pitch, and the part of it that is drawn. */
export function columnWidths(n: number, frame: Frame): { pitch: number; drawn: number } {
  const pitch = (frame.right - frame.left) / Math.max(1, n);
  return { pitch, drawn: pitch > 3 ? pitch - 1 : pitch };
}

/** The unit that a column is known by: the middle one. */
export function middle(units: Int32Array): number {
  return units[units.length >> 1]!;
}

/** What a column is called: its unit, or how many units it is the mean of. */
export function columnName(units: Int32Array, chip: number | null): string {
  if (units.length > 1) return `Mean of ${units.length} units around unit ${middle(units)}`;
  return `Unit ${middle(units)}${chip === null ? '' : `, in chip ${chip}`}`;
}

/** Mean over the units of a column: a unit's own value where it has a column to itself. */
export function over(values: Float32Array): (units: Int32Array) => number {
  return (units) => mean(values, units);
}
