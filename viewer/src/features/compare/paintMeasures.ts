import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import type { MeasureColumn } from './measures';
import { paintMark } from './paintTrack';

export const MEASURES_HEIGHT = 124;

export interface MeasuresLayout {
  first: number;
  pitch: number;
  strip: number;
  margin: number;
}

export function measuresLayout(width: number, columns: number): MeasuresLayout {
  const margin = width >= 1200 ? 24 : 16;
  const first = margin + Math.max(104, Math.min(152, width * 0.106));
  const pitch = (width - margin - first) / Math.max(1, columns);
  return { first, pitch, strip: Math.min(142, pitch - 18), margin };
}

const NARROWEST = 122;

/** As many measures as have room for their names, in their order; what is measured of the pair stays last. */
export function fitting(columns: readonly MeasureColumn[], width: number): readonly MeasureColumn[] {
  const { first, margin } = measuresLayout(width, 1);
  const most = Math.max(1, Math.floor((width - margin - first) / NARROWEST));
  if (columns.length <= most) return columns;
  const pair = columns.filter((column) => column.pair).slice(-1);
  return [...columns.filter((column) => !column.pair).slice(0, most - pair.length), ...pair];
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
  surface.text(x, 24, fit(column.title, width + 14, 'interface', 12), {
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
    surface.text(x, 115, fit('0 unrelated, 1 identical', width + 14, 'interface', 11), {
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
    const shown = fit(tick.label, width + 14, 'interface', 11);
    const wide = measure(shown, 'interface', 11).width;
    surface.text(Math.max(x, Math.min(place - wide / 2, x + width + 14 - wide)), 115, shown, {
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
  const { first, pitch, strip, margin } = measuresLayout(width, columns.length);
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
  columns.forEach((column, i) => paintColumn(surface, column, first + i * pitch, strip, active === i, theme));
}

/** The column under a point; null left of all. */
export function measureAt(x: number, width: number, columns: number): number | null {
  const { first, pitch } = measuresLayout(width, columns);
  const i = Math.floor((x - first) / pitch);
  return i >= 0 && i < columns ? i : null;
}
