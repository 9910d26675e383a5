import type { UnitHistogram } from '../data/types';

/** Share of the steps at which a unit is said to fire where nobody says otherwise. */
export const FIRING_SHARE = 0.02;

/** The side on which a unit goes further from zero, and the value that it passes there at about 2 % of the steps. */
export function firingOf({ counts, edges }: UnitHistogram): { below: boolean; threshold: number } {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const at = (share: number): number => {
    let wanted = share * all;
    for (const [i, n] of counts.entries()) {
      if (n > 0 && wanted <= n) return edges[i]! + (wanted / n) * (edges[i + 1]! - edges[i]!);
      wanted -= n;
    }
    return edges.at(-1) ?? 0;
  };
  const [low, high] = [at(FIRING_SHARE), at(1 - FIRING_SHARE)];
  const below = -low > high;
  return { below, threshold: Math.round((below ? low : high) * 100) / 100 };
}
