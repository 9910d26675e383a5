export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Size {
  width: number;
  height: number;
}

const GAP = 14;
const EDGE = 12;

/** Where a card stands beside what it speaks of: right, left, below or above, wherever it fits; else in the corner, on top of it. */
export function place(target: Box, card: Size, view: Size): { left: number; top: number } {
  const right = target.left + target.width + GAP;
  const left = target.left - GAP - card.width;
  const below = target.top + target.height + GAP;
  const above = target.top - GAP - card.height;
  const within = (value: number, size: number, room: number): number => Math.max(EDGE, Math.min(value, room - size - EDGE));
  const beside = within(target.top, card.height, view.height);
  const across = within(target.left, card.width, view.width);
  if (right + card.width + EDGE <= view.width) return { left: right, top: beside };
  if (left >= EDGE) return { left, top: beside };
  if (below + card.height + EDGE <= view.height) return { left: across, top: below };
  if (above >= EDGE) return { left: across, top: above };
  return { left: within(view.width, card.width, view.width), top: within(view.height, card.height, view.height) };
}
