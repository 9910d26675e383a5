import { matchLabel } from '../../model/matching';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { callouts } from './callout';
import type { HelpFigure } from './figures';

const MIDDLE = 240;
const TOP = 22;
const BAR = 16;

function column(surface: Surface, theme: Tokens, x: number, heights: readonly number[]): void {
  heights.forEach((height, i) =>
    surface.rect(x + i * (BAR + 4), TOP + 40 - height, BAR, height, {
      fill: i === 1 ? theme.positive.mark : theme.carried,
    }),
  );
  surface.rect(x - 3, TOP + 40, 3 * (BAR + 4) + 2, 1, { fill: theme.grey });
}

function chip(surface: Surface, theme: Tokens, x: number, note: string): void {
  surface.roundRect(x, TOP + 2, 96, 54, 7, { fill: theme.surface, stroke: theme.strongLine });
  surface.text(x + 10, TOP + 18, '2', { family: 'interface', size: 12, weight: 700, fill: theme.ink });
  surface.text(x + 86, TOP + 18, note, { family: 'interface', size: 11, fill: theme.ink3, align: 'right' });
  for (let i = 0; i < 5; i++)
    surface.roundRect(x + 10 + i * 15, TOP + 28, 13, 13, 2, {
      fill: i % 2 ? theme.cellZero : theme.positive.mark,
      opacity: 0.7,
    });
}

/** One row of a comparison, with what stands where. */
export function compareFigure(): HelpFigure {
  return {
    caption: 'One word, A on the left and B on the right',
    height: 132,
    paint: (surface, theme) => {
      chip(surface, theme, 14, '5 units');
      chip(surface, theme, 370, matchLabel(0.85));
      column(surface, theme, MIDDLE - 98, [14, 30, 22]);
      column(surface, theme, MIDDLE + 42, [18, 24, 9]);
      surface.text(MIDDLE, TOP + 45, 'word', { family: 'corpus', size: 15, fill: theme.ink, align: 'center' });
      const bounds = { top: TOP + 68, bottom: TOP + 108 };
      callouts(surface, [{ text: 'chip 2 of A, its bar is bar 2', y: TOP + 84 }], 'right', 20, 30, bounds, theme);
      callouts(
        surface,
        [{ text: 'its match in B, with the correlation', y: TOP + 84 }],
        'left',
        466,
        456,
        bounds,
        theme,
      );
    },
  };
}
