import { fold } from '../../model/fold';
import type { Followed } from '../../model/followed';
import type { Tokens } from '../../paint/colour';
import { note } from '../../paint/paintAxis';
import type { Surface } from '../../paint/surface';
import { tint } from '../../paint/tint';

/** Height of a unit's line. */
export const ALONG_HEIGHT = 46;

/** The units along a sentence, on one scale. */
export interface AlongFigure {
  surface: readonly string[];
  list: readonly Followed[];
  largest: number;
  /** Pinned step, from 0; null for none. */
  step: number | null;
}

/** The line of one unit over cells tinted by its value; `marked` is a step with a dot. */
export function paintAlong(
  on: Surface,
  values: Float32Array,
  largest: number,
  width: number,
  theme: Tokens,
  marked: number | null,
): void {
  const end = largest || 1;
  const cell = width / Math.max(1, values.length);
  const y = (value: number): number => ALONG_HEIGHT / 2 - (value / end) * (ALONG_HEIGHT / 2 - 4);
  values.forEach((value, step) => {
    const fill = tint(value / end, theme);
    if (fill) on.rect(step * cell, 0, cell, ALONG_HEIGHT, { fill, opacity: 0.75 });
  });
  on.line(0, ALONG_HEIGHT / 2, width, ALONG_HEIGHT / 2, { stroke: theme.strongLine, dash: [1.5, 3] });
  const points = Array.from(values, (value, step) => [(step + 0.5) * cell, y(value)] as const);
  if (points.length > 1)
    on.path(points.map(([x, at], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${at.toFixed(1)}`).join(''), {
      stroke: theme.ink,
      strokeWidth: 1.5,
      lineJoin: 'round',
    });
  const point = marked === null ? undefined : points[marked];
  if (point) on.circle(point[0], point[1], 3.5, { fill: theme.ink });
}

/** The section of the saved figure: a line for each unit, and the sentence under them; gives its height. */
export function paintAlongSection(on: Surface, along: AlongFigure, width: number, theme: Tokens): number {
  let y = 0;
  for (const { unit, values } of along.list) {
    on.text(0, (y += 16), `Unit ${unit}`, { family: 'interface', size: 11, weight: 600, fill: theme.ink2 });
    on.group({ translate: [0, (y += 6)] }, () => paintAlong(on, values, along.largest, width, theme, along.step));
    y += ALONG_HEIGHT;
  }
  y += 6;
  for (const line of fold(along.surface.join(' '), width, 'corpus', 13))
    on.text(0, (y += 18), line, { family: 'corpus', size: 13, fill: theme.ink });
  on.text(0, (y += 18), `One scale, ±${along.largest.toFixed(2)}, for all lines.`, note(theme));
  return y;
}
