import { scaleLinear } from 'd3-scale';
import { diverging, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { measure } from '../../model/text';
import { axisOver } from '../../model/axis';
import { count, fixed, signed, tick } from '../../wording/format';
import { axisText, note } from '../../paint/paintAxis';
import { binnedQuantile, type Histogram } from '../../model/histogram';

export const HISTOGRAM_HEIGHT = 142;
const BASE = 98;

export interface HistogramScale {
  x: (value: number) => number;
  ticks: number[];
  digits: number;
}

export function histogramScale(shape: Histogram, width: number): HistogramScale {
  const axis = axisOver(shape.low, shape.high, Math.max(2, Math.round(width / 70)));
  return { x: scaleLinear([axis.low, axis.high], [0, width]), ticks: axis.ticks, digits: axis.digits };
}

export function describeBar(bar: Histogram['bars'][number], total: number, kind: string): string {
  const share = total > 0 ? (100 * bar.steps) / total : 0;
  return `${kind} from ${signed(bar.from, 3)} to ${signed(bar.to, 3)}: ${count(bar.steps)} steps, ${fixed(share, 1)} %.`;
}

/** Bars coloured by the state they stand for, on the scale that also tints the sentences. */
export function paintHistogram(
  surface: Surface,
  shape: Histogram,
  scale: HistogramScale,
  extreme: number,
  width: number,
  theme: Tokens,
  active: number | null,
): void {
  const colours = diverging(theme);
  shape.bars.forEach((bar, i) => {
    const x = scale.x(bar.from);
    const full = scale.x(bar.to) - x;
    const height = bar.steps > 0 ? Math.max(1, bar.height * (BASE - 6)) : 0;
    surface.rect(x, BASE - height, Math.max(0.6, full - (full > 3 ? 1 : 0)), height, {
      fill: colours.colour((bar.from + bar.to) / 2 / extreme),
      ...(i === active ? { stroke: theme.ink, strokeWidth: 1.5 } : {}),
    });
  });
  surface.line(0, BASE + 0.5, width, BASE + 0.5, { stroke: theme.strongLine });
  for (const value of scale.ticks) {
    const x = scale.x(value);
    const align = x < 14 ? 'left' : x > width - 14 ? 'right' : 'center';
    surface.text(
      align === 'left' ? 0 : align === 'right' ? width : x,
      BASE + 14,
      tick(value, scale.digits),
      axisText(theme, align),
    );
  }
}

/** The band below the bars: 9–91 and 25–75 % of all steps, and the median. */
export function paintSpread(
  surface: Surface,
  counts: readonly number[],
  edges: ArrayLike<number>,
  scale: HistogramScale,
  width: number,
  theme: Tokens,
): void {
  const at = (share: number): number => scale.x(binnedQuantile(counts, edges, share));
  const y = BASE + 26;
  const [q09, q25, q50, q75, q91] = [0.09, 0.25, 0.5, 0.75, 0.91].map(at) as [number, number, number, number, number];
  if (!Number.isFinite(q50)) return;
  surface.rect(q09, y, q91 - q09, 10, { fill: theme.keptTrack });
  surface.rect(q25, y, q75 - q25, 10, { fill: theme.grey });
  surface.rect(q50 - 1, y - 2, 2, 14, { fill: theme.ink });
  for (const label of ['half of all steps lie in the dark band', 'dark band: half of all steps', 'dark: half']) {
    const room = measure(label, 'interface', 11).width + 8;
    if (q09 > room) return surface.text(q09 - 8, y + 9, label, note(theme, 'right'));
    if (width - q91 > room) return surface.text(q91 + 8, y + 9, label, note(theme));
  }
}
