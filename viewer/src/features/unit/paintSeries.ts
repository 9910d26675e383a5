import { axisOver, type Axis } from '../../model/axis';
import { measure } from '../../model/text';
import type { Tokens } from '../../paint/colour';
import { axisText, paintUprightAxis } from '../../paint/paintAxis';
import type { Surface } from '../../paint/surface';

export const SERIES_HEIGHT = 132;
const TOP = 8;
const BOTTOM = 20;
const LEFT = 40;
/** Half of a 95 % interval, in standard errors. */
const WIDE = 1.96;

/** Figures in a row, evenly apart: what stands below each, and what lies behind it. */
export interface Series {
  points: readonly { label: string; value: number | null; error: number | null }[];
  /** Drawn behind the line, where given. */
  band: readonly { low: number; high: number }[];
}

export interface SeriesLayout {
  axis: Axis;
  x: (index: number) => number;
  y: (value: number) => number;
}

/** The upright axis holds zero, all intervals and the band. */
export function seriesLayout({ points, band }: Series, width: number): SeriesLayout {
  const ends = points.flatMap(({ value, error }) =>
    value === null ? [] : [value - WIDE * (error ?? 0), value + WIDE * (error ?? 0)],
  );
  const all = [0, ...ends, ...band.flatMap(({ low, high }) => [low, high])];
  const axis = axisOver(Math.min(...all), Math.max(...all), 4, true);
  const cell = (width - LEFT) / Math.max(1, points.length);
  const room = SERIES_HEIGHT - TOP - BOTTOM;
  return {
    axis,
    x: (index) => LEFT + (index + 0.5) * cell,
    y: (value) => TOP + (1 - (value - axis.low) / (axis.high - axis.low)) * room,
  };
}

/** The figure at `x`; null beside the chart. */
export function pointAt(series: Series, x: number, width: number): number | null {
  const at = Math.floor(((x - LEFT) / (width - LEFT)) * series.points.length);
  return at >= 0 && at < series.points.length ? at : null;
}

/** A line through the figures with their 95 % intervals; one that is not known is left out of it. */
export function paintSeries(on: Surface, series: Series, width: number, theme: Tokens, active: number | null): void {
  const { axis, x, y } = seriesLayout(series, width);
  if (series.band.length > 1) {
    const side = (of: 'low' | 'high', from: string): string =>
      series.band.map((band, i) => `${i ? 'L' : from}${x(i).toFixed(1)} ${y(band[of]).toFixed(1)}`).join('');
    const back = series.band
      .map((band, i) => `L${x(i).toFixed(1)} ${y(band.low).toFixed(1)}`)
      .reverse()
      .join('');
    on.path(`${side('high', 'M')}${back}Z`, { fill: theme.line });
  }
  paintUprightAxis(on, axis, y, { left: LEFT, right: width }, theme, axis.low >= 0);
  const known = series.points.flatMap(({ value, error }, i) => (value === null ? [] : [{ i, value, error }]));
  on.path(known.map(({ i, value }, n) => `${n ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join(''), {
    stroke: theme.ink,
    strokeWidth: 1.5,
    lineJoin: 'round',
  });
  for (const { i, value, error } of known) {
    if (error)
      on.line(x(i), y(value - WIDE * error), x(i), y(value + WIDE * error), { stroke: theme.ink, strokeWidth: 1 });
    on.circle(x(i), y(value), i === active ? 4 : 2.5, { fill: theme.ink });
  }
  let free = 0;
  series.points.forEach(({ label }, i) => {
    const half = measure(label, 'interface', 11).width / 2;
    if (x(i) - half < free) return;
    free = x(i) + half + 6;
    on.text(x(i), SERIES_HEIGHT - 5, label, axisText(theme, 'center'));
  });
}
