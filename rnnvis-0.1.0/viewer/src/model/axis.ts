import { nice, ticks, tickStep } from 'd3-array';

/** A linear axis: what it spans, where its ticks are, and how many decimals they need. */
export interface Axis {
  low: number;
  high: number;
  ticks: number[];
  digits: number;
}

/**
 * An axis over `low`…`high` with about `target` ticks at round numbers. `nice` widens it to the outer ticks;
 * otherwise it spans just the data.
 */
export function axisOver(low: number, high: number, target = 4, widen = false): Axis {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return axisOver(-1, 1, target, widen);
  if (high < low) return axisOver(high, low, target, widen);
  if (high === low) {
    const half = Math.abs(high) / 2 || 1;
    return axisOver(low - half, high + half, target, widen);
  }
  const [from, to] = widen ? nice(low, high, target) : [low, high];
  const digits = Math.max(0, -Math.floor(Math.log10(tickStep(from, to, target)) + 1e-9));
  return { low: from, high: to, ticks: ticks(from, to, target).map((tick) => tick || 0), digits };
}

/** Smallest and largest finite value of several lists; null when there is none. */
export function extentOf(...lists: Array<ArrayLike<number> | null | undefined>): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const list of lists) {
    if (!list) continue;
    for (let i = 0; i < list.length; i += 1) {
      const value = list[i]!;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : null;
}
