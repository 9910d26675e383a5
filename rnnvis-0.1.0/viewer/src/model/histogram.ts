/** One bar: its borders in state units, its steps, and its height relative to the tallest. */
export interface Bar {
  from: number;
  to: number;
  steps: number;
  height: number;
}

export interface Histogram {
  bars: Bar[];
  low: number;
  high: number;
  total: number;
  /** Steps left of `low` and right of `high`: rare ones that would squeeze the rest. */
  beyond: number;
}

/**
 * Bars over the bins that hold all but a share `tail` of the steps on either side. Height is steps per width, so that
 * bins of unequal width keep their area.
 */
export function histogram(counts: readonly number[], edges: ArrayLike<number>, tail = 5e-4): Histogram {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return { bars: [], low: edges[0] ?? -1, high: edges[edges.length - 1] ?? 1, total, beyond: 0 };
  const allowed = tail * total;
  let first = 0;
  let cutLeft = 0;
  while (cutLeft + counts[first]! <= allowed) cutLeft += counts[first++]!;
  let last = counts.length - 1;
  let cutRight = 0;
  while (cutRight + counts[last]! <= allowed) cutRight += counts[last--]!;
  const bars: Bar[] = [];
  for (let i = first; i <= last; i += 1) {
    const from = edges[i]!;
    const to = edges[i + 1]!;
    bars.push({ from, to, steps: counts[i]!, height: counts[i]! / (to - from) });
  }
  const tallest = Math.max(...bars.map((bar) => bar.height));
  for (const bar of bars) bar.height /= tallest;
  return { bars, low: bars[0]!.from, high: bars[bars.length - 1]!.to, total, beyond: cutLeft + cutRight };
}

/** Quantile of the binned values, linear inside a bin; NaN without values. */
export function binnedQuantile(counts: readonly number[], edges: ArrayLike<number>, share: number): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  let before = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const n = counts[i]!;
    if (n > 0 && before + n >= share * total) {
      const inside = Math.max(0, share * total - before) / n;
      return edges[i]! + inside * (edges[i + 1]! - edges[i]!);
    }
    before += n;
  }
  return NaN;
}
