import { spread } from '../../model/spread';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';

export interface Callout {
  text: string;
  /** Height of the thing it points at. */
  y: number;
  colour?: string;
  /** Where its line starts, if not at the common edge. */
  from?: number;
}

const LINE = 16;

/** Words beside a drawing, each joined to the thing it explains by a thin line, none on top of another. */
export function callouts(
  surface: Surface,
  items: readonly Callout[],
  side: 'left' | 'right',
  from: number,
  to: number,
  bounds: { top: number; bottom: number },
  theme: Tokens,
): void {
  const sorted = [...items].sort((a, b) => a.y - b.y);
  const tops = spread(
    sorted.map((item) => item.y),
    sorted.map(() => LINE),
    1,
    bounds.top,
    bounds.bottom,
  );
  sorted.forEach((item, i) => {
    const y = tops[i]! + LINE / 2;
    const bend = side === 'left' ? to + 4 : to - 4;
    surface.path(`M${item.from ?? from} ${item.y}L${from} ${item.y}L${(from + bend) / 2} ${item.y}L${bend} ${y}`, {
      stroke: item.from === undefined ? theme.strongLine : theme.ink3,
    });
    surface.text(to, y + 4, item.text, {
      family: 'interface',
      size: 12,
      fill: item.colour ?? theme.ink2,
      align: side === 'left' ? 'right' : 'left',
    });
  });
}
