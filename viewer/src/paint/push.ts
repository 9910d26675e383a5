import type { SequenceColumn } from '../model/layout';
import type { SequenceScene } from '../model/sequenceScene';
import { sign, type Tokens } from './colour';
import type { Surface } from './surface';

const BAR = 9;

/** What each word pushed the answer by: a bar right of the middle line where it rises, left of it where it falls. */
export function paintPushes(
  surface: Surface,
  { rows, pushLimit }: SequenceScene,
  { push: place }: SequenceColumn,
  theme: Tokens,
): void {
  const first = rows[0];
  const last = rows[rows.length - 1];
  if (!place || !first || !last || !(pushLimit > 0)) return;
  const middle = Math.round(place.x + place.width / 2) + 0.5;
  surface.line(middle, first.y - BAR, middle, last.y + BAR, { stroke: theme.strongLine });
  for (const { push, y } of rows) {
    if (push === null) continue;
    const length = pushLength(push, pushLimit, place.width);
    surface.rect(push < 0 ? middle - length : middle, y - BAR / 2, length, BAR, { fill: sign(push, theme).mark });
  }
}

/** Pixels of the bar of a push. */
export function pushLength(push: number, limit: number, width: number): number {
  return limit > 0 ? (Math.abs(push) / limit) * (width / 2) : 0;
}

/** The name of the column above it. */
export function paintPushHead(surface: Surface, { push: place }: SequenceColumn, y: number, theme: Tokens): void {
  if (!place) return;
  const x = place.x + place.width / 2;
  surface.text(x, y - 15, 'push', { family: 'interface', size: 12, fill: theme.ink3, align: 'center' });
}
