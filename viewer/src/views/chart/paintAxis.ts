import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { Axis } from './axis';
import { tick } from './format';

/** Gridlines and tick labels of an upright axis; the line at zero is stronger. */
export function paintUprightAxis(
  surface: Surface,
  axis: Axis,
  y: (value: number) => number,
  frame: { left: number; right: number },
  theme: Tokens,
): void {
  for (const value of axis.ticks) {
    const at = Math.round(y(value)) + 0.5;
    surface.line(frame.left, at, frame.right, at, { stroke: value === 0 ? theme.strongLine : theme.line });
    surface.text(frame.left - 8, at + 3.5, tick(value, axis.digits), axisText(theme, 'right'));
  }
}

export function axisText(theme: Tokens, align: 'left' | 'center' | 'right') {
  return { family: 'interface', size: 11, fill: theme.ink3, align, tabular: true } as const;
}

export function note(theme: Tokens, align: 'left' | 'center' | 'right' = 'left') {
  return { family: 'interface', size: 11, fill: theme.ink3, align } as const;
}
