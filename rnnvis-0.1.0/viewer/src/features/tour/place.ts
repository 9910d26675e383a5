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

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

/**
 * Where a card stands beside what it speaks of: right, left, below or above, wherever it fits and hides least of `clear`;
 * else in the corner, on top of it.
 */
export function place(target: Box, card: Size, view: Size, clear: readonly Box[] = []): { left: number; top: number } {
  const right = target.left + target.width + GAP;
  const left = target.left - GAP - card.width;
  const below = target.top + target.height + GAP;
  const above = target.top - GAP - card.height;
  const within = (value: number, size: number, room: number): number =>
    Math.max(EDGE, Math.min(value, room - size - EDGE));
  const beside = within(target.top, card.height, view.height);
  const across = within(target.left, card.width, view.width);
  const fitting = [
    ...(right + card.width + EDGE <= view.width ? [{ left: right, top: beside }] : []),
    ...(left >= EDGE ? [{ left, top: beside }] : []),
    ...(below + card.height + EDGE <= view.height ? [{ left: across, top: below }] : []),
    ...(above >= EDGE ? [{ left: across, top: above }] : []),
  ];
  const hidden = fitting.map((at) => clear.reduce((sum, box) => sum + overlap({ ...at, ...card }, box), 0));
  const best = fitting[hidden.indexOf(Math.min(...hidden))];
  return (
    best ?? { left: within(view.width, card.width, view.width), top: within(view.height, card.height, view.height) }
  );
}
