import type { Tokens } from './colour';
import type { Surface } from './surface';
import { measure } from '../model/text';
import type { Axis } from '../model/axis';
import { fixed, tick } from '../wording/format';

const SIZE = 11;
const GAP = 8;
const SMALLEST = 8;
const MOST_DIGITS = 4;

/** `−5e−7`, where decimals would not fit. */
function power(value: number): string {
  return value === 0 ? '0' : Number(value.toPrecision(3)).toExponential().replace(/-/g, '\u2212').replace('+', '');
}

/** Gridlines and tick labels of an upright axis, `plain` without a plus; the line at zero is stronger. */
export function paintUprightAxis(
  surface: Surface,
  axis: Axis,
  y: (value: number) => number,
  frame: { left: number; right: number },
  theme: Tokens,
  plain = false,
): void {
  const labelOf = (value: number): string =>
    axis.digits > MOST_DIGITS ? power(value) : plain ? fixed(value, axis.digits) : tick(value, axis.digits);
  const widest = Math.max(0, ...axis.ticks.map((value) => measure(labelOf(value), 'interface', SIZE).width));
  // A long label comes nearer to the chart, then gets smaller: at the left edge it would lose its sign.
  const edge = Math.min(frame.left - 2, Math.max(frame.left - GAP, widest));
  const size = Math.max(SMALLEST, Math.min(SIZE, Math.floor((SIZE * edge * 2) / Math.max(1, widest)) / 2));
  for (const value of axis.ticks) {
    const at = Math.round(y(value)) + 0.5;
    surface.line(frame.left, at, frame.right, at, { stroke: value === 0 ? theme.strongLine : theme.line });
    surface.text(edge, at + 3.5, labelOf(value), { ...axisText(theme, 'right'), size });
  }
}

export function axisText(theme: Tokens, align: 'left' | 'center' | 'right') {
  return { family: 'interface', size: SIZE, fill: theme.ink3, align, tabular: true } as const;
}

export function note(theme: Tokens, align: 'left' | 'center' | 'right' = 'left') {
  return { family: 'interface', size: 11, fill: theme.ink3, align } as const;
}
