import type { Clustering } from '../../data/types';

/** Units of the chip with this drawn number, from 1. */
export function members(clustering: Clustering | null, number: number): number[] {
  if (!clustering) return [];
  const { ids, labels, order } = clustering.units;
  const cluster = order[Math.min(number, order.length) - 1];
  return [...ids].filter((_, i) => labels[i] === cluster);
}
