import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import type { MeasureColumn } from './measures';
import { paintMark } from './paintTrack';

export const MEASURES_HEIGHT = 124;

/** Room of one measure: where its strip begins, and how long that is. */
export interface MeasurePlace {
  x: number;
  strip: number;
}

export interface MeasuresLayout {
  /** One for each column, from left to right. */
  places: MeasurePlace[];
  first: number;
  margin: number;
}

/** Between the texts of two measures. */
const BETWEEN = 18;
const LEAST_STRIP = 84;
const MOST_STRIP = 142;
const PAIR_ENDS = '0 unrelated, 1 identical';

function frame(width: number): { first: number; margin: number } {
  const margin = width >= 1200 ? 24 : 16;
  return { margin, first: margin + Math.max(104, Math.min(152, width * 0.106)) };
}

/** What the texts of a measure need, from its left. */
function needed(column: MeasureColumn): number {
  const under = column.pair ? PAIR_ENDS : (column.tick?.label ?? '');
  const texts = [measure(column.title, 'interface', 12).width, measure(under, 'interface', 11).width];
  return Math.max(LEAST_STRIP, ...texts.map(Math.ceil)) + BETWEEN;
}

/** Every measure has the room of its texts, and an equal share of what is left. */
export function measuresLayout(width: number, columns: readonly MeasureColumn[]): MeasuresLayout {
  const { first, margin } = frame(width);
  const widths = columns.map(needed);
  const spare = width - margin + BETWEEN - first - widths.reduce((total, wide) => total + wide, 0);
  const share = spare / Math.max(1, columns.length);
  let x = first;
  const places = widths.map((wide) => {
    const place = { x, strip: Math.min(MOST_STRIP, wide + share - BETWEEN) };
    x += wide + share;
    return place;
  });
  return { places, first, margin };
}

/** As many measures as have room for their texts, in their order; what is measured of the pair stays last. */
export function fitting(columns: readonly MeasureColumn[], width: number): readonly MeasureColumn[] {
  const { first, margin } = frame(width);
  let room = width - margin + BETWEEN - first;
  const pair = columns.filter((column) => column.pair).slice(-1);
  for (const column of pair) room -= needed(column);
  const own = columns.filter((column) => !column.pair);
  const over = own.findIndex((column) => (room -= needed(column)) < 0);
  return [...(over < 0 ? own : own.slice(0, Math.max(1, over))), ...pair];
}

const ROWS = { a: 47, b: 74 };

function paintColumn(
  surface: Surface,
  column: MeasureColumn,
  x: number,
  width: number,
  active: boolean,
  theme: Tokens,
): void {
  surface.text(x, 24, column.title, {
    family: 'interface',
    size: 12,
    fill: active ? theme.ink : theme.ink2,
  });
  const number = (value: number | null, y: number, a: boolean): void => {
    const text = value === null ? '–' : column.format(value);
    surface.text(x, y + 5, text, {
      family: 'interface',
      size: column.pair || a ? 15 : 15,
      weight: a ? 650 : 500,
      fill: value === null ? theme.ink3 : a ? theme.ink : theme.ink2,
      tabular: true,
    });
  };
  const y = 97;
  const at = (value: number): number =>
    x + Math.max(0, Math.min(1, (value - column.low) / (column.high - column.low || 1))) * width;
  surface.line(x, y, x + width, y, { stroke: theme.strongLine, strokeWidth: column.pair ? 2 : 1 });
  if (column.pair) {
    number(column.a, 60, true);
    if (column.a !== null) surface.line(x, y, at(column.a), y, { stroke: theme.ink2, strokeWidth: 4 });
    surface.text(x, 115, PAIR_ENDS, {
      family: 'interface',
      size: 11,
      fill: theme.ink3,
    });
    return;
  }
  number(column.a, ROWS.a, true);
  number(column.b, ROWS.b, false);
  const { tick } = column;
  if (tick) {
    const place = at(tick.value);
    surface.line(place, y - 6, place, y + 6, { stroke: theme.ink3, strokeWidth: 1.5 });
    const wide = measure(tick.label, 'interface', 11).width;
    surface.text(Math.max(x, Math.min(place - wide / 2, x + width - wide)), 115, tick.label, {
      family: 'interface',
      size: 11,
      fill: theme.ink3,
    });
  }
  if (column.b !== null) paintMark(surface, 'b', at(column.b), y, 3.5, { theme });
  if (column.a !== null) paintMark(surface, 'a', at(column.a), y, 4, { theme });
}

/** The measures of both sides next to each other, each on a strip of its own. */
export function paintMeasures(
  surface: Surface,
  columns: readonly MeasureColumn[],
  names: { a: string; b: string },
  width: number,
  theme: Tokens,
  active: number | null,
): void {
  const { first, margin, places } = measuresLayout(width, columns);
  surface.text(margin, 24, 'Measures', { family: 'interface', size: 13, weight: 650, fill: theme.ink });
  for (const side of ['a', 'b'] as const) {
    const y = ROWS[side];
    paintMark(surface, side, margin + 6, y, side === 'a' ? 4 : 3.5, { theme });
    surface.text(margin + 20, y + 4, fit(names[side], first - margin - 30, 'interface', 12, 600), {
      family: 'interface',
      size: 12,
      weight: 600,
      fill: side === 'a' ? theme.ink : theme.ink2,
    });
  }
  columns.forEach((column, i) => {
    const { x, strip } = places[i]!;
    paintColumn(surface, column, x, strip, active === i, theme);
  });
}

/** The column under a point; null left of all. */
export function measureAt(x: number, width: number, columns: readonly MeasureColumn[]): number | null {
  const i = measuresLayout(width, columns).places.findLastIndex((place) => place.x <= x);
  return i < 0 ? null : i;
}
