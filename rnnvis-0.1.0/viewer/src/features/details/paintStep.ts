import { sign, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { measure } from '../../model/text';
import { count, signed } from '../../wording/format';
import type { TooltipContent } from '../../wording/tip';
import { note, paintUprightAxis } from '../../paint/paintAxis';
import { columnName } from '../../model/columns';
import type { Basis, StepChart, StepMark } from '../../model/stepChart';

export const STEP_HEIGHT = 150;
const LEGEND = 24;

/** Where the chart's own marks lie inside its width. */
export function stepFrame(width: number): { left: number; right: number; top: number; bottom: number } {
  return { left: 36, right: width, top: 8, bottom: STEP_HEIGHT - LEGEND - 10 };
}

/** Whether a figure shows changes of units or their pushes. */
export type Shown = 'change' | 'push';

export function describeMark(
  mark: StepMark,
  basis: Basis,
  chip: number | null,
  shown: Shown = 'change',
): TooltipContent {
  const did = shown === 'push' ? 'Pushed' : mark.actual >= 0 ? 'Rose' : 'Fell';
  const lines =
    mark.other === null
      ? [`${did} at this step: ${signed(mark.actual, 3)}.`]
      : [
          `Sentence 1: ${signed(mark.actual, 3)}.`,
          `Sentence 2: ${signed(mark.other, 3)}.`,
          `1 minus 2: ${signed(mark.actual - mark.other, 3)}.`,
        ];
  if (mark.usual !== null) lines.push(`Usual ${shown} at this word: ${signed(mark.usual, 3)}.`);
  if (basis === 'quantiles' && mark.inner && mark.outer) {
    lines.push(
      `Half of its uses: ${signed(mark.inner[0], 3)} to ${signed(mark.inner[1], 3)}.`,
      `9th to 91st percentile: ${signed(mark.outer[0], 3)} to ${signed(mark.outer[1], 3)}.`,
    );
  } else if (basis === 'standard error' && mark.inner) {
    lines.push(`Mean ± 2 standard errors: ${signed(mark.inner[0], 3)} to ${signed(mark.inner[1], 3)}.`);
  }
  return { title: [columnName(mark.units, chip)], lines: lines.map((line) => [line]), hint: 'Click to open the unit' };
}

export function paintStep(
  surface: Surface,
  chart: StepChart,
  theme: Tokens,
  active: number | null,
  describe: (mark: StepMark) => string,
  shown: Shown = 'change',
): void {
  const { marks, y, box, radius, left, top, bottom } = chart;
  if (active !== null && marks[active]) {
    surface.rect(marks[active].x - box / 2 - 2, top, box + 4, bottom - top, { fill: theme.wash });
  }
  paintUprightAxis(surface, chart.axis, y, chart, theme);
  for (const mark of marks) {
    const title = (): string => describe(mark);
    for (const [span, fill] of [
      [mark.outer, theme.keptTrack],
      [mark.inner, theme.grey],
    ] as const) {
      if (!span) continue;
      surface.rect(mark.x - box / 2, y(span[1]), box, Math.max(1, y(span[0]) - y(span[1])), { fill, title });
    }
  }
  for (const mark of marks) {
    if (mark.other === null) continue;
    const at = y(mark.other);
    surface.line(mark.x, y(mark.actual), mark.x, at, { stroke: theme.ink3 });
    surface.circle(mark.x, at, radius + 0.6, {
      fill: theme.surface,
      stroke: sign(mark.other, theme).mark,
      strokeWidth: 1.2,
      title: () => describe(mark),
    });
  }
  for (const mark of marks) {
    const size = marks[active ?? -1] === mark ? radius + 1.4 : radius;
    // A rim would hide the neighbours where columns are thinner than a dot.
    if (box > radius) surface.circle(mark.x, y(mark.actual), size + 0.8, { fill: theme.surface });
    surface.circle(mark.x, y(mark.actual), size, { fill: sign(mark.actual, theme).mark, title: () => describe(mark) });
  }
  const about =
    chart.basis === 'none'
      ? `${count(chart.units)} units, in order of the ${shown}`
      : `${count(chart.units)} units, in order of usual ${shown}`;
  const place = notePlace(chart, measure(about, 'interface', 11).width);
  surface.text(place.x, place.y, about, { ...note(theme, place.align), halo: theme.surface });
  paintLegend(surface, chart, left, bottom + LEGEND, theme);
}

const NOTE = 11;

/** The corner where a note covers least: right under the top, right or left above the bottom. */
export function notePlace(chart: StepChart, width: number): { x: number; y: number; align: 'left' | 'right' } {
  const { left, right, top, bottom, marks, y } = chart;
  const corners = [
    { x: right, y: top + 24, align: 'right' },
    { x: right, y: top + 10, align: 'right' },
    { x: left + 4, y: bottom - 4, align: 'left' },
    { x: right, y: bottom - 4, align: 'right' },
  ] as const;
  const covered = ({ x, y: baseline, align }: (typeof corners)[number]): number => {
    const from = align === 'left' ? x : x - width;
    const lines = chart.axis.ticks.filter((value) => y(value) > baseline - NOTE && y(value) < baseline + 4).length;
    return marks.reduce((sum, mark) => {
      if (mark.x < from - 3 || mark.x > from + width + 3) return sum;
      const values = [mark.actual, ...(mark.outer ?? mark.inner ?? [])];
      const high = Math.min(...values.map(y)) - 3;
      const low = Math.max(...values.map(y)) + 3;
      return sum + Math.max(0, Math.min(low, baseline + 3) - Math.max(high, baseline - NOTE));
    }, 4 * lines);
  };
  return corners.reduce((best, corner) => (covered(corner) < covered(best) - 1e-9 ? corner : best));
}

function paintLegend(
  surface: Surface,
  { basis, marks }: StepChart,
  left: number,
  baseline: number,
  theme: Tokens,
): void {
  const paired = marks.some((mark) => mark.other !== null);
  const style = { ...note(theme), fill: theme.ink2 };
  surface.circle(left + 4, baseline - 4, 3, { fill: theme.positive.mark });
  surface.circle(left + 11, baseline - 4, 3, { fill: theme.negative.mark });
  let x = left + 19;
  const entry = (label: string, fill?: string): void => {
    if (fill) {
      surface.rect(x, baseline - 9, 10, 10, { fill });
      x += 16;
    }
    surface.text(x, baseline, label, style);
    x += measure(label, 'interface', 11).width + 16;
  };
  entry(paired ? '1' : 'this step');
  if (paired) {
    surface.circle(x + 4, baseline - 4, 3, { fill: theme.surface, stroke: theme.positive.mark, strokeWidth: 1.2 });
    surface.circle(x + 12, baseline - 4, 3, { fill: theme.surface, stroke: theme.negative.mark, strokeWidth: 1.2 });
    x += 20;
    entry('2');
  }
  if (basis === 'quantiles') {
    entry('middle 50 %', theme.grey);
    entry(paired ? '9th to 91st' : '9th to 91st pct.', theme.keptTrack);
  } else if (basis === 'standard error') {
    entry('mean ± 2 standard errors', theme.grey);
  }
}
