import type { Clustering } from '../data/types';
import type { Held, HeldNumber } from './types';

/** Clusters of one kind from top to bottom, as they are drawn. */
function drawn(clustering: Clustering, kind: HeldNumber['kind']): readonly number[] {
  return (kind === 'chip' ? clustering.units : clustering.words).order;
}

/** What the view holds on a side, by its cluster; null where it holds nothing there, or the clusters are not known. */
export function heldOf(held: HeldNumber | null, side: HeldNumber['side'], clustering: Clustering | null): Held {
  if (held?.side !== side || !clustering) return null;
  const cluster = drawn(clustering, held.kind)[held.number - 1];
  return cluster === undefined ? null : { kind: held.kind, cluster };
}

/** The same by its drawn number, as the view and its link have it: labels of clusters say nothing to a reader. */
export function numbered(held: Held, side: HeldNumber['side'], clustering: Clustering | null): HeldNumber | null {
  if (!held || !clustering) return null;
  const number = drawn(clustering, held.kind).indexOf(held.cluster) + 1;
  return number > 0 ? { kind: held.kind, number, side } : null;
}
