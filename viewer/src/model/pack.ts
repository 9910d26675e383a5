/** Deterministic packing of word boxes around the middle of a rectangle. */

export interface PackItem {
  width: number;
  /** Above and below the baseline. */
  ascent: number;
  descent: number;
}

export interface Placed {
  index: number;
  /** Left end of the text and its baseline. */
  x: number;
  baseline: number;
}

interface Rect {
  left: number;
  right: number;
  top: number;
  bottom: number;
  baseline: number;
}

const GAP_X = 9;
const GAP_Y = 4;
const GIVE_UP = 14;

function meets(a: Rect, b: Rect): boolean {
  return a.left < b.right + GAP_X && b.left < a.right + GAP_X && a.top < b.bottom + GAP_Y && b.top < a.bottom + GAP_Y;
}

/**
 * Places items in the given order, the first in the middle, each next one beside, above or below a placed one where it
 * lies nearest to the middle; neighbours share baselines or edges. `blocked` is a corner that stays free. Items that
 * do not fit are left out: their indices are those missing from the result.
 */
export function pack(items: readonly PackItem[], width: number, height: number, blocked: { width: number; height: number } | null): Placed[] {
  const rects: Rect[] = [];
  const obstacle: Rect | null = blocked && {
    left: width - blocked.width,
    right: width,
    top: height - blocked.height,
    bottom: height,
    baseline: height,
  };
  const centreX = width / 2;
  const centreY = height / 2;
  const placed: Placed[] = [];
  let misses = 0;

  const cost = (left: number, top: number, w: number, h: number): number =>
    ((left + w / 2 - centreX) / width) ** 2 + ((top + h / 2 - centreY) / height) ** 2;

  for (let index = 0; index < items.length && misses < GIVE_UP; index++) {
    const { width: w, ascent, descent } = items[index]!;
    const h = ascent + descent;
    if (w > width || h > height) {
      misses++;
      continue;
    }
    let best: Rect | null = null;
    let least = Infinity;
    const attempt = (left: number, top: number): void => {
      if (left < -0.01 || top < -0.01 || left + w > width + 0.01 || top + h > height + 0.01) return;
      const c = cost(left, top, w, h);
      if (c >= least - 1e-9) return;
      const rect = { left, right: left + w, top, bottom: top + h, baseline: top + ascent };
      if (obstacle && meets(rect, obstacle)) return;
      for (const other of rects) if (meets(rect, other)) return;
      best = rect;
      least = c;
    };
    attempt(centreX - w / 2, centreY - h / 2);
    if (!best) {
      for (const r of rects) {
        const level = r.baseline - ascent;
        const beside = [level, r.top, r.bottom - h, (r.top + r.bottom - h) / 2];
        for (const top of beside) {
          attempt(r.right + GAP_X, top);
          attempt(r.left - GAP_X - w, top);
        }
        const over = [r.left, r.right - w, (r.left + r.right - w) / 2, r.right + GAP_X, r.left - GAP_X - w, centreX - w / 2];
        for (const left of over) {
          attempt(left, r.top - GAP_Y - h);
          attempt(left, r.bottom + GAP_Y);
        }
      }
    }
    const found = best as Rect | null;
    if (!found) {
      misses++;
      continue;
    }
    misses = 0;
    rects.push(found);
    placed.push({ index, x: found.left, baseline: found.baseline });
  }
  return placed;
}
