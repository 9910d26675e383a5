import type { UnitHistogram } from '../../data/types';
import type { Diverging, Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { histogram } from '../../model/histogram';

export const SPARKLINE = { width: 112, height: 24 };

/** How often a unit has each value, small: zero stands in the middle, so that rows compare. */
export function paintSparkline(surface: Surface, of: UnitHistogram, colours: Diverging, theme: Tokens): void {
  const { width, height } = SPARKLINE;
  const shape = histogram(of.counts, of.edges);
  const extreme = Math.max(Math.abs(shape.low), Math.abs(shape.high)) || 1;
  const x = (value: number): number => ((value / extreme + 1) / 2) * width;
  for (const bar of shape.bars) {
    if (bar.steps === 0) continue;
    const tall = Math.max(1, bar.height * (height - 3));
    surface.rect(x(bar.from), height - 1 - tall, Math.max(0.8, x(bar.to) - x(bar.from) - 0.3), tall, {
      fill: colours.colour((bar.from + bar.to) / 2 / extreme),
    });
  }
  surface.rect(0, height - 1, width, 1, { fill: theme.line });
  surface.rect(width / 2 - 0.5, height - 4, 1, 4, { fill: theme.strongLine });
}
