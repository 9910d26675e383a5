import { sequenceRight } from '../../model/layout';
import type { Scene } from '../../model/scene';
import type { Hover } from '../../state/types';

interface Point {
  x: number;
  y: number;
}

/** Where the tooltip stands: beside a chip, below a row or a word, so that they stay in sight; else at the pointer. */
export function anchor(
  hover: Hover | null,
  at: Point,
  scene: Scene,
  scroll: { sequence: number; board: number },
): Point {
  if (!hover) return at;
  const { sequence: column, words } = scene.columns;
  const sequence = hover.kind === 'step' && hover.second ? scene.second : scene.sequence;
  if (hover.kind === 'chip' && words) {
    const chip = scene.chips?.list.find((one) => one.group.cluster === hover.cluster);
    return chip ? { x: chip.x + chip.width - 2, y: chip.y - scroll.board } : at;
  }
  if (hover.kind === 'step' && column && at.x < sequenceRight(scene.columns)) {
    const row = sequence?.rows[hover.step];
    return row ? { x: at.x, y: column.top + row.y + column.rowPitch / 2 - scroll.sequence - 12 } : at;
  }
  if (hover.kind === 'word') {
    const word = scene.clouds?.list.flatMap((cloud) => cloud.words).find((one) => one.wordId === hover.wordId);
    return word ? { x: at.x, y: word.baseline - scroll.board } : at;
  }
  return at;
}
