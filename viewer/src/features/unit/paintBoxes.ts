import { scaleLinear } from 'd3-scale';
import { mix, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fit, measure } from '../../model/text';
import { count, plusMinus, signed, tick, uses } from '../../wording/format';
import { corpus, plain, type TooltipContent } from '../../wording/tip';
import { axisText, note } from '../../paint/paintAxis';
import type { BoxRows, WordBox } from './boxRows';

/** Room for the words: as much as the longest takes, within these. */
const WORDS = { least: 64, share: 0.4 };
const USES = 54;

export function boxFrame(chart: BoxRows, width: number): { left: number; right: number } {
  const longest = Math.max(0, ...chart.rows.map(({ word }) => measure(word.text, 'corpus', 14, 600).width));
  return { left: Math.ceil(Math.max(WORDS.least, Math.min(width * WORDS.share, longest + 5))), right: width - USES };
}

export function describeBox(word: WordBox, hint: string | null = null): TooltipContent {
  const lines = [`Mean change of this unit: ${signed(word.mean, 3)}, over ${uses(word.uses)}.`];
  const q = word.quantiles;
  if (q)
    lines.push(
      `Half of the uses: ${signed(q[1], 3)} to ${signed(q[3], 3)}, median ${signed(q[2], 3)}.`,
      `9th to 91st percentile: ${signed(q[0], 3)} to ${signed(q[4], 3)}.`,
    );
  else if (word.standardError !== null)
    lines.push(`Too rare for quantiles; the line is ± 2 standard errors (${plusMinus(2 * word.standardError, 3)}).`);
  return { title: [corpus(word.text)], lines: lines.map((line) => [line]), hint };
}

/** Box 25–75 %, whisker 9–91 %, line the median, ring the mean; for rare words the mean ± 2 standard errors. */
export function paintBoxes(
  surface: Surface,
  chart: BoxRows,
  width: number,
  theme: Tokens,
  active: number | null,
): void {
  const { left, right } = boxFrame(chart, width);
  const x = scaleLinear([chart.axis.low, chart.axis.high], [left + 16, right - 12]);
  for (const value of chart.axis.ticks) {
    const at = Math.round(x(value)) + 0.5;
    surface.line(at, 16, at, chart.height, { stroke: value === 0 ? theme.strongLine : theme.line });
    surface.text(at, 10, tick(value, chart.axis.digits), axisText(theme, 'center'));
  }
  surface.text(width, 10, 'uses', note(theme, 'right'));
  chart.rows.forEach(({ word, y, rising }, i) => {
    if (i === active) surface.roundRect(0, y - 9, width, 18, 4, { fill: theme.wash });
    const title = plain(describeBox(word));
    const { mark } = rising ? theme.positive : theme.negative;
    surface.text(left, y + 4.5, fit(word.text, left - 4, 'corpus', 14, 600), {
      family: 'corpus',
      size: 14,
      weight: 600,
      fill: theme.ink,
      align: 'right',
    });
    const line = { stroke: mark, strokeWidth: 1.3, title };
    const q = word.quantiles;
    if (q) {
      surface.line(x(q[0]), y, x(q[4]), y, line);
      surface.roundRect(x(q[1]), y - 5, Math.max(2, x(q[3]) - x(q[1])), 10, 1.5, {
        fill: mix(theme.background, mark, 0.42),
        ...line,
        strokeWidth: 1,
      });
      surface.line(x(q[2]), y - 5, x(q[2]), y + 5, line);
    } else if (word.standardError !== null) {
      surface.line(x(word.mean - 2 * word.standardError), y, x(word.mean + 2 * word.standardError), y, line);
    }
    surface.circle(x(word.mean), y, 2.8, { fill: theme.background, stroke: mark, strokeWidth: 1.4, title });
    surface.text(width, y + 4, count(word.uses), { ...axisText(theme, 'right'), fill: theme.ink2 });
  });
}
