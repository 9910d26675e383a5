import type { Tokens } from './colour';
import type { Surface } from './surface';
import { fit, measure } from '../model/text';
import { plusMinus, signed } from '../wording/format';
import { corpus, type Segment, type TooltipContent } from '../wording/tip';
import { note, paintUprightAxis } from './paintAxis';
import { columnName, over } from '../model/columns';
import { lineLabels } from '../model/lineLabels';
import { stepPath, type WordInput, type WordsChart } from '../model/wordsChart';

export const WORDS_HEIGHT = 196;
const LABEL_SIZE = 14;

export function wordsFrame(width: number): { left: number; right: number; top: number; bottom: number } {
  return { left: 36, right: width, top: 6, bottom: WORDS_HEIGHT - 28 };
}

export const DASH = [5, 3] as const;

/** What a column says: every word's usual change of its unit, or the means over its units. */
export function describeColumn(units: Int32Array, chip: number | null, words: readonly WordInput[]): TooltipContent {
  const of = (values: Float32Array): number => over(values)(units);
  const lines = words.map(({ text, response, quantiles }): Segment[] => {
    const mean = ` ${signed(of(response.mean), 3)}`;
    if (quantiles) {
      const half = `, half of its uses ${signed(of(quantiles.q25), 3)} to ${signed(of(quantiles.q75), 3)}.`;
      return [corpus(text), mean, half];
    }
    const error = response.standardError && ` ${plusMinus(2 * of(response.standardError), 3)} (2 standard errors)`;
    return [corpus(text), mean, `${error ?? ''}.`];
  });
  return { title: [columnName(units, chip)], lines, hint: 'Click to open the unit' };
}

export function paintWords(
  surface: Surface,
  chart: WordsChart,
  theme: Tokens,
  active: number | null,
  shown: 'change' | 'push' = 'change',
): void {
  const { left, right, top, bottom, pitch, drawn } = chart;
  if (active !== null && chart.marks[active]) {
    surface.rect(chart.marks[active].x - pitch / 2 - 2, top, pitch + 4, bottom - top, { fill: theme.wash });
  }
  paintUprightAxis(surface, chart.axis, chart.y, chart, theme);
  chart.words.forEach((word) => {
    const fill = theme.selected[word.place]!;
    const pale = word.place === 2 ? 0.6 : 1;
    for (const [bands, opacity] of [
      [word.outer, 0.17 * pale],
      [word.inner, 0.42 * pale],
    ] as const) {
      bands.forEach(([from, to], column) => {
        const x = left + column * pitch + (pitch - drawn) / 2;
        surface.rect(x, from, drawn, Math.max(0.5, to - from), { fill, opacity });
      });
    }
  });
  chart.words.forEach((word) => {
    surface.path(stepPath(word.mean, left, pitch), {
      stroke: theme.selected[word.place]!,
      strokeWidth: 1.6,
      ...(word.place === 2 ? { dash: DASH } : {}),
      title: `“${word.text}”: mean ${shown} of each unit`,
    });
  });
  const widths = chart.words.map((word) => Math.min(140, measure(word.text, 'corpus', LABEL_SIZE, 600).width));
  lineLabels(chart, widths).forEach(({ x, y }, i) => {
    const word = chart.words[i]!;
    const text = fit(word.text, 140, 'corpus', LABEL_SIZE, 600);
    surface.text(x, y, text, {
      family: 'corpus',
      size: LABEL_SIZE,
      weight: 600,
      fill: theme.selected[word.place]!,
      halo: theme.surface,
    });
  });
  const first = chart.words[0];
  if (!first) return;
  const name = fit(first.text, 80, 'interface', 11);
  const [up, down] =
    shown === 'push' ? [`“${name}” pushes up`, 'down'] : [`units “${name}” raises`, `units “${name}” lowers`];
  surface.text(left, bottom + 24, up, note(theme));
  surface.text(right, bottom + 24, down, note(theme, 'right'));
}
