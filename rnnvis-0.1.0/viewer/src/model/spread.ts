/**
 * Tops of stacked boxes, each as near to its wanted centre as order and gaps allow (least squares, by pooling
 * neighbours that would overlap). Where the boxes do not fit between `low` and `high` they start at `low` and overrun.
 */
export function spread(
  centres: readonly number[],
  sizes: readonly number[],
  gap: number,
  low: number,
  high: number,
): number[] {
  interface Pool {
    first: number;
    count: number;
    /** Sum over members of the wanted top less the member's offset inside the pool. */
    sum: number;
    extent: number;
  }
  const pools: Pool[] = [];
  const top = (pool: Pool): number => Math.max(low, Math.min(high - (pool.extent - gap), pool.sum / pool.count));
  centres.forEach((centre, i) => {
    pools.push({ first: i, count: 1, sum: centre - sizes[i]! / 2, extent: sizes[i]! + gap });
    while (pools.length > 1) {
      const last = pools[pools.length - 1]!;
      const before = pools[pools.length - 2]!;
      if (top(before) + before.extent <= top(last) + 1e-9) break;
      pools.pop();
      before.sum += last.sum - last.count * before.extent;
      before.count += last.count;
      before.extent += last.extent;
    }
  });
  const tops: number[] = [];
  for (const pool of pools) {
    let y = top(pool);
    for (let i = pool.first; i < pool.first + pool.count; i++) {
      tops.push(y);
      y += sizes[i]! + gap;
    }
  }
  return tops;
}
