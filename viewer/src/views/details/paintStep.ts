import { sign, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { measure } from '../../paint/text';
import { signed } from '../chart/format';
import { note, paintUprightAxis } from '../chart/paintAxis';
import type { Basis, StepChart, StepMark } from './stepChart';

export const STEP_HEIGHT = 154;
const LEGEND = 24;

/** Where the chart's own marks lie inside its width. */
export function stepFrame(width: number): { left: number; right: number; top: number; bottom: number } {
  return { left: 36, right: width, top: 8, bottom: STEP_HEIGHT - LEGEND - 10 };
}

export function describeMark(mark: StepMark, basis: Basis, chip: number | null): { title: string; lines: string[] } {
  const lines = [`${mark.actual >= 0 ? 'Rose' : 'Fell'} at this step: ${signed(mark.actual, 3)}.`];
  if (mark.usual !== null) lines.push(`Usual change at this word: ${signed(mark.usual, 3)}.`);
  if (basis === 'quantiles' && mark.inner && mark.outer) {
    lines.push(
      `Half of its uses: ${signed(mark.inner[0], 3)} to ${signed(mark.inner[1], 3)}.`,
      `9th to 91st percentile: ${signed(mark.outer[0], 3)} to ${signed(mark.outer[1], 3)}.`,
    );
  } else if (basis === 'standard error' && mark.inner) {
    lines.push(`Mean ± 2 standard errors: ${signed(mark.inner[0], 3)} to ${signed(mark.inner[1], 3)}.`);
  }
  return { title: `Unit ${mark.unit}${chip === null ? '' : `, chip ${chip}`}`, lines };
}

export function paintStep(
  surface: Surface,
  chart: StepChart,
  theme: Tokens,
  active: number | null,
  describe: (mark: StepMark) => string,
): void {
  const { marks, y, box, radius, left, right, top, bottom } = chart;
  if (active !== null && marks[active]) {
    surface.rect(marks[active].x - box / 2 - 2, top, box + 4, bottom - top, { fill: theme.wash });
  }
  paintUprightAxis(surface, chart.axis, y, chart, theme);
  for (const mark of marks) {
    const title = describe(mark);
    for (const [span, fill] of [[mark.outer, theme.keptTrack], [mark.inner, theme.grey]] as const) {
      if (!span) continue;
      surface.rect(mark.x - box / 2, y(span[1]), box, Math.max(1, y(span[0]) - y(span[1])), { fill, title });
    }
  }
  for (const mark of marks) {
    const size = marks[active ?? -1] === mark ? radius + 1.4 : radius;
    surface.circle(mark.x, y(mark.actual), size + 0.8, { fill: theme.surface });
    surface.circle(mark.x, y(mark.actual), size, { fill: sign(mark.actual, theme).mark, title: describe(mark) });
  }
  const about =
    chart.basis === 'none'
      ? `${marks.length} units, in order of the change`
      : `${marks.length} units, in order of usual change`;
  const falls = marks.length > 0 && y(marks[marks.length - 1]!.usual ?? marks[marks.length - 1]!.actual) > (top + bottom) / 2;
  surface.text(right, falls ? top + 24 : bottom - 6, about, { ...note(theme, 'right'), halo: theme.surface });
  paintLegend(surface, chart.basis, left, bottom + LEGEND, theme);
}

function paintLegend(surface: Surface, basis: Basis, left: number, baseline: number, theme: Tokens): void {
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
  entry('this step');
  if (basis === 'quantiles') {
    entry('middle 50 %', theme.grey);
    entry('9th to 91st pct.', theme.keptTrack);
  } else if (basis === 'standard error') {
    entry('mean ± 2 standard errors', theme.grey);
  }
}
