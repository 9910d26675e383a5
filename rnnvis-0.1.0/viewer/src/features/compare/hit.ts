import type { CompareScene } from '../../model/compareScene';
import { onChips, onClouds, onLinks } from '../../ui/board/hit';
import type { Look } from '../../paint/look';
import type { Attention, SideName } from './attention';

interface Point {
  x: number;
  y: number;
}

function onRows(scene: CompareScene, { x, y }: Point, scroll: number): Attention | null {
  const { columns } = scene;
  if (y < columns.top || y >= columns.bottom || x < columns.band.left || x > columns.band.right) return null;
  const row = scene.a.sequence?.rows[Math.floor((y - columns.top + scroll) / columns.rowPitch)];
  if (!row) return null;
  for (const side of ['a', 'b'] as const) {
    const column = columns[side].sequence;
    if (!column) continue;
    const i = Math.floor((x - column.glyphX + (column.pitch - column.bar) / 2) / column.pitch);
    const bar = scene[side].sequence?.rows[row.step]?.bars[i];
    if (bar) return { side, hover: { kind: 'step', step: row.step, cluster: bar.cluster } };
  }
  return { side: 'a', hover: { kind: 'step', step: row.step, cluster: null } };
}

/** What lies under a point of the comparison, by arithmetic. */
export function hitCompare(scene: CompareScene, point: Point, looks: Record<SideName, Look>): Attention | null {
  const rows = onRows(scene, point, looks.a.scroll.sequence);
  if (rows || point.y < scene.columns.top - 6) return rows;
  const shifted = { x: point.x, y: point.y + looks.a.scroll.board };
  const on = (find: (side: SideName) => Attention['hover'] | null): Attention | null => {
    for (const side of ['a', 'b'] as const) {
      const hover = find(side);
      if (hover) return { side, hover };
    }
    return null;
  };
  return (
    on((side) => onChips(scene[side], shifted)) ??
    on((side) => onClouds(scene[side], shifted)) ??
    on((side) => onLinks(scene[side], point, looks[side]))
  );
}
