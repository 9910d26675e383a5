import { cellAt } from '../../model/chips';
import { linkAt } from '../../model/links';
import { differenceAt, secondSide } from '../../model/pair';
import { linksOfAmounts, type Scene } from '../../model/scene';
import type { Hover } from '../../state/types';
import { shownStep } from '../../paint/links';
import type { Look } from '../../paint/look';

interface Point {
  x: number;
  y: number;
}

function onSequence(scene: Scene, { x, y }: Point, look: Look): Hover | null {
  const column = scene.columns.sequence;
  if (
    !column ||
    !scene.sequence ||
    y < column.top ||
    y >= column.bottom ||
    x < column.left ||
    x >= column.x + column.width
  )
    return null;
  const row =
    scene.sequence.rows[Math.floor((y - column.top + look.scroll.sequence) / column.rowPitch) - scene.sequence.shift];
  if (!row) return null;
  const gap = column.pitch - column.bar;
  const i = Math.floor((x - column.glyphX + gap / 2) / column.pitch);
  return { kind: 'step', step: row.step, cluster: row.bars[i]?.cluster ?? null };
}

/** Rows of the second sentence, and the strip of the difference. */
function onPair(scene: Scene, point: Point, look: Look): Hover | null {
  const second = scene.second && onSequence(secondSide(scene), point, look);
  if (second) return { ...second, second: true } as Hover;
  const bar = scene.difference && differenceAt(scene.difference, point.x, point.y);
  return bar && { kind: 'difference', cluster: bar.cluster };
}

export function onChips(scene: Scene, { x, y }: Point): Hover | null {
  const { chips } = scene;
  const chip = chips?.list.find((c) => x >= c.x && x <= c.x + c.width && y >= c.y && y <= c.y + c.height);
  if (!chips || !chip) return null;
  return { kind: 'chip', cluster: chip.group.cluster, unit: cellAt(chips, chip, x, y)?.unit ?? null };
}

export function onClouds(scene: Scene, { x, y }: Point): Hover | null {
  const { words } = scene.columns;
  if (!words || x < Math.min(words.spine, words.x) - 3 || (scene.columns.mirrored && x > words.spine + 4)) return null;
  const cloud = scene.clouds?.list.find(
    (c) => (scene.columns.mirrored || x <= c.x + c.width) && y >= c.y - 3 && y <= c.y + c.height + 3,
  );
  if (!cloud) return null;
  const word = cloud.words.find(
    (w) => x >= w.x - 4 && x <= w.x + w.width + 4 && y >= w.baseline - w.ascent - 2 && y <= w.baseline + w.descent + 2,
  );
  const cluster = cloud.group.cluster;
  return word ? { kind: 'word', wordId: word.wordId, cluster } : { kind: 'cloud', cluster };
}

export function onLinks(scene: Scene, point: Point, look: Look): Hover | null {
  const link = scene.links && linkAt(scene.links.list, point.x, point.y + look.scroll.board);
  if (link) return { kind: 'link', wordCluster: link.wordCluster, unitCluster: link.unitCluster };
  const shown = shownStep(scene, { ...look, hover: null });
  if (!shown) return null;
  const links = linksOfAmounts(scene, shown.amounts, shown.y, shown.room, look.linkWidth).map((l) => ({
    ...l,
    y1: l.y1 - look.scroll.board,
  }));
  const stepLink = linkAt(links, point.x, point.y);
  return stepLink && ({ ...shown.hover, cluster: stepLink.unitCluster } as Hover);
}

/** What lies under a point of the picture, by arithmetic. */
export function hitTest(scene: Scene, point: Point, look: Look): Hover | null {
  const { columns } = scene;
  const boardTop = Math.min(columns.memory?.top ?? columns.height, columns.words?.top ?? columns.height) - 6;
  const onBoard = point.y >= boardTop;
  const shifted = { x: point.x, y: point.y + look.scroll.board };
  return (
    onSequence(scene, point, look) ??
    onPair(scene, point, look) ??
    (onBoard ? (onChips(scene, shifted) ?? onClouds(scene, shifted) ?? onLinks(scene, point, look)) : null)
  );
}

export function sameHover(a: Hover | null, b: Hover | null): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
