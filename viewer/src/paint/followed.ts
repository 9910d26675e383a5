import type { SequenceColumn } from '../model/layout';
import type { SequenceScene } from '../model/sequenceScene';
import { trackPath } from '../model/track';
import { signed } from '../wording/format';
import type { Tokens } from './colour';
import type { Look } from './look';
import type { Surface } from './surface';
import { tint } from './tint';

/** Each followed unit beside the sentence: its line, on one scale for all, over rows tinted by its value. */
export function paintFollowed(surface: Surface, sequence: SequenceScene, column: SequenceColumn, look: Look): void {
  const { followed: place } = column;
  const { rows, followed } = sequence;
  if (!place || !(followed.largest > 0)) return;
  const { theme } = look;
  const half = place.width / 2;
  followed.list.forEach(({ values }, i) => {
    const x = place.x[i];
    if (x === undefined) return;
    const at = (value: number): number => x + half + (value / followed.largest) * (half - 2);
    for (const row of rows) {
      const fill = tint(values[row.step]! / followed.largest, theme);
      if (fill) surface.rect(x, row.y - column.rowPitch / 2, place.width, column.rowPitch, { fill, opacity: 0.75 });
    }
    const [first, last] = [rows[0], rows.at(-1)];
    if (first && last)
      surface.line(x + half + 0.5, first.y - column.rowPitch / 2, x + half + 0.5, last.y + column.rowPitch / 2, {
        stroke: theme.strongLine,
        dash: [1.5, 3],
      });
    const points = rows.map((row) => [at(values[row.step]!), row.y] as const);
    if (points.length > 1) surface.path(trackPath(points), { stroke: theme.ink, strokeWidth: 1.5, lineJoin: 'round' });
    for (const row of rows) {
      const pinned = row.step === look.step;
      const hovered = look.hover?.kind === 'step' && look.hover.step === row.step;
      if (!pinned && !hovered && points.length > 1) continue;
      surface.circle(at(values[row.step]!), row.y, 3.5, { fill: theme.ink });
      surface.text(x + half, row.y - 8, signed(values[row.step]!, 2), {
        family: 'interface',
        size: 11,
        weight: pinned ? 700 : 400,
        fill: theme.ink,
        align: 'center',
        tabular: true,
        halo: theme.background,
      });
    }
  });
}

/** The numbers of the units above their lines. */
export function paintFollowedHeads(
  surface: Surface,
  { followed }: SequenceScene,
  column: SequenceColumn,
  y: number,
  theme: Tokens,
): void {
  const { followed: place } = column;
  if (!place) return;
  const label = { family: 'interface', size: 12, fill: theme.ink3, align: 'center', tabular: true } as const;
  const first = place.x[0]!;
  const middle = (first + place.x[place.x.length - 1]! + place.width) / 2;
  surface.text(middle, y - 15, followed.list.length === 1 ? 'unit' : 'units', label);
  followed.list.forEach(({ unit }, i) => {
    const x = place.x[i];
    if (x !== undefined) surface.text(x + place.width / 2, y, String(unit), label);
  });
}
