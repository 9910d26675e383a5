/** What a tooltip says of a mark, in words and numbers. `corpus` sets the title in the corpus' typeface. */
export interface Tip {
  title: string;
  lines: string[];
  corpus?: boolean;
}

export function spoken(tip: Tip): string {
  return `${tip.title}. ${tip.lines.join(' ')}`;
}

/** Left and top of a box beside a point, inside a window, above the point where there is room. */
export function beside(
  point: { x: number; y: number },
  box: { width: number; height: number },
  window: { width: number; height: number },
  gap = 12,
): { left: number; top: number } {
  const left = Math.max(8, Math.min(window.width - box.width - 8, point.x - box.width / 2));
  const above = point.y - gap - box.height;
  return { left, top: above >= 8 ? above : Math.min(point.y + gap, Math.max(8, window.height - box.height - 8)) };
}
