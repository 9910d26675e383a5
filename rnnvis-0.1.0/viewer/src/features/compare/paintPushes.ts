import type { CompareColumns } from '../../model/compareLayout';
import type { CompareScene } from '../../model/compareScene';
import { sign, type Tokens } from '../../paint/colour';
import type { Look } from '../../paint/look';
import { pushLength } from '../../paint/push';
import type { Surface } from '../../paint/surface';

const BAR = 5;

/** What each word pushed both answers by, on one scale: A above, B below, right where it rises and left where it falls. */
export function paintWordPushes(surface: Surface, scene: CompareScene, { theme }: Look): void {
  const { push: place } = scene.columns;
  const rows = scene.a.sequence?.rows ?? [];
  const [first, last] = [rows[0], rows.at(-1)];
  const limit = Math.max(scene.a.sequence?.pushLimit ?? 0, scene.b.sequence?.pushLimit ?? 0);
  if (!place || !first || !last || !(limit > 0)) return;
  const middle = Math.round(place.x + place.width / 2) + 0.5;
  surface.line(middle, first.y - 9, middle, last.y + 9, { stroke: theme.strongLine });
  for (const side of ['a', 'b'] as const) {
    for (const { push, y } of scene[side].sequence?.rows ?? []) {
      if (push === null) continue;
      const length = pushLength(push, limit, place.width);
      const x = push < 0 ? middle - length : middle;
      surface.rect(x, side === 'a' ? y - BAR - 0.5 : y + 0.5, length, BAR, { fill: sign(push, theme).mark });
    }
  }
}

/** The name of the column above it. */
export function paintPushesHead(surface: Surface, { push }: CompareColumns, y: number, theme: Tokens): void {
  if (!push) return;
  const style = { family: 'interface', size: 11, fill: theme.ink3, align: 'center' } as const;
  surface.text(push.x + push.width / 2, y, 'push', style);
}
