import { scaleLinear, type ScaleLinear } from 'd3-scale';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import { axisOver, type Axis } from '../../model/axis';
import { signed, tick } from '../../wording/format';
import { axisText, note } from '../../paint/paintAxis';
import { plain, type TooltipContent } from '../../wording/tip';
import { natDigits } from '../../wording/numbers';
import type { WithoutGroup, WithoutRow } from '../../wording/without';

const HEAD = 22;
const ROW = 20;
const TITLE = 20;
const NAME = 126;
const NUMBER = 56;
const NUMBERED = 22;
const WORD_SIZE = 13.5;

interface Place {
  row: WithoutRow;
  /** Middle. */
  y: number;
}

/** Where everything of the chart stands. */
export interface WithoutChart {
  rows: Place[];
  titles: { text: string; y: number }[];
  axis: Axis;
  x: ScaleLinear<number, number>;
  /** Decimals of the numbers at the right. */
  digits: number;
  left: number;
  right: number;
  height: number;
}

/** One row a text, one scale for all: it holds every effect with two standard errors, and the random groups. */
export function withoutChart(groups: readonly WithoutGroup[], width: number): WithoutChart {
  const rows: Place[] = [];
  const titles: WithoutChart['titles'] = [];
  let y = HEAD;
  for (const { title, rows: some } of groups) {
    if (title) titles.push({ text: title, y: (y += TITLE) - 6 });
    for (const row of some) rows.push({ row, y: (y += ROW) - ROW / 2 });
  }
  const ends = rows.flatMap(({ row: { effect } }) => {
    const error = 2 * (effect.standardError ?? 0);
    const random =
      effect.random === null
        ? []
        : [effect.random - (effect.randomSpread ?? 0), effect.random + (effect.randomSpread ?? 0)];
    return [effect.increase - error, effect.increase + error, ...random];
  });
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  const left = NAME + 8;
  const right = Math.max(left + 40, width - NUMBER - 6);
  const pad = 0.03 * (high - low || 1);
  const axis = axisOver(low - pad, high + pad, 2);
  const largest = Math.max(...rows.map(({ row }) => Math.abs(row.effect.increase)), 0);
  return {
    rows,
    titles,
    axis,
    x: scaleLinear([axis.low, axis.high], [left, right]),
    digits: Math.min(5, natDigits(largest)),
    left,
    right,
    height: y + 4,
  };
}

/** As many of the words as fit whole, and of the first one what fits. */
function fitting(words: readonly string[], room: number): string {
  const fits = words.findIndex((_, i) => measure(words.slice(0, i + 1).join(', '), 'corpus', WORD_SIZE).width > room);
  return fits === 0
    ? fit(words[0]!, room, 'corpus', WORD_SIZE)
    : words.slice(0, fits < 0 ? words.length : fits).join(', ');
}

/** Number of the row at this height; null outside. */
export function withoutAt(chart: WithoutChart, y: number): number | null {
  const i = chart.rows.findIndex((row) => Math.abs(row.y - y) < ROW / 2);
  return i < 0 ? null : i;
}

export function withoutPoint(chart: WithoutChart, row: number): { x: number; y: number } {
  const at = chart.rows[row]!;
  return { x: chart.x(at.row.effect.increase), y: at.y };
}

/** The dark dot is the chip, its line two standard errors; the pale band is what random groups cost. */
export function paintWithout(
  surface: Surface,
  chart: WithoutChart,
  width: number,
  theme: Tokens,
  active: number | null,
  describe: (row: WithoutRow) => TooltipContent,
): void {
  const { axis, x } = chart;
  for (const value of axis.ticks) {
    const at = Math.round(x(value)) + 0.5;
    surface.line(at, HEAD - 4, at, chart.height - 2, { stroke: value === 0 ? theme.strongLine : theme.line });
    surface.text(at, HEAD - 9, tick(value, axis.digits), axisText(theme, 'center'));
  }
  surface.text(0, HEAD - 9, 'rise of the loss, nats', note(theme));
  for (const { text, y } of chart.titles) surface.text(0, y, text, { ...note(theme), halo: theme.surface });
  chart.rows.forEach(({ row, y }, i) => {
    const { effect } = row;
    const title = (): string => plain(describe(row));
    if (i === active) surface.rect(0, y - ROW / 2, width, ROW, { fill: theme.wash });
    const name = { family: 'interface', size: 12, fill: theme.ink } as const;
    if (row.cloud === null) surface.text(0, y + 4, fit(row.name, NAME, 'interface', 12), name);
    else {
      surface.text(NUMBERED - 7, y + 4, String(row.cloud), { ...name, align: 'right', tabular: true });
      surface.text(NUMBERED, y + 4, fitting(row.words, NAME - NUMBERED), {
        family: 'corpus',
        size: WORD_SIZE,
        fill: theme.ink2,
      });
    }
    if (effect.random !== null) {
      const spread = effect.randomSpread ?? 0;
      const from = x(effect.random - spread);
      surface.rect(from, y - 6, Math.max(2, x(effect.random + spread) - from), 12, { fill: theme.carried, title });
      surface.line(x(effect.random), y - 6, x(effect.random), y + 6, { stroke: theme.ink3 });
    }
    if (effect.standardError !== null) {
      surface.line(x(effect.increase - 2 * effect.standardError), y, x(effect.increase + 2 * effect.standardError), y, {
        stroke: theme.ink,
        strokeWidth: 1.4,
      });
    }
    surface.circle(x(effect.increase), y, 4, {
      fill: effect.standardError === null ? theme.surface : theme.ink,
      stroke: theme.ink,
      strokeWidth: 1.2,
      title,
    });
    surface.text(width, y + 4, signed(effect.increase, chart.digits), { ...axisText(theme, 'right'), fill: theme.ink });
  });
}
