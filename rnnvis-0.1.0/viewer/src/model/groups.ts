import type { ClusterSide, Clustering, Explained } from '../data/types';

/** Below this stability a cluster is drawn dashed: the two halves of the text do not agree on it. */
export const UNSTABLE = 0.5;

/** One cluster as it is drawn. */
export interface Group {
  /** Its label in the data. */
  cluster: number;
  /** Its drawn number, from 1, top to bottom. */
  number: number;
  /** Positions of its members in `side.ids`. */
  members: number[];
  stability: number | null;
  unstable: boolean;
  /** Mean effect of its words on the log-odds; null where there is none. */
  effect: number | null;
  /** Of a chip: what the word, and more, explain of its changes; null where that was not measured. */
  explained: Explained | null;
  /** The same for each of more than two classes. */
  effects: Float32Array | null;
}

/** The clusters of one side in draw order. */
export function groups(side: ClusterSide): Group[] {
  let found = known.get(side);
  if (!found) known.set(side, (found = gather(side)));
  return found;
}

const known = new WeakMap<ClusterSide, Group[]>();

function gather(side: ClusterSide): Group[] {
  const members = new Map<number, number[]>(side.order.map((cluster) => [cluster, []]));
  side.labels.forEach((label, i) => members.get(label)?.push(i));
  const summaries = new Map(side.summaries.map((summary) => [summary.cluster, summary]));
  return side.order.map((cluster, i) => {
    const summary = summaries.get(cluster);
    const stability = summary?.stability ?? null;
    return {
      cluster,
      number: i + 1,
      members: members.get(cluster)!,
      stability,
      unstable: stability !== null && stability < UNSTABLE,
      effect: summary?.effect ?? null,
      explained: summary?.explained ?? null,
      effects: summary?.effects ?? null,
    };
  });
}

/** Number of unit clusters, the row length of `blockMeans` and `strengths`. */
export function unitClusters(clustering: Clustering): number {
  return clustering.units.order.length;
}

/** Mean response of a word cluster over a unit cluster. */
export function blockMean(clustering: Clustering, wordCluster: number, unitCluster: number): number {
  return clustering.blockMeans[wordCluster * unitClusters(clustering) + unitCluster] ?? 0;
}

/** The unit cluster that a word cluster moves most, either way. */
export function strongestChip(clustering: Clustering, wordCluster: number): number {
  let best = clustering.units.order[0] ?? 0;
  for (const chip of clustering.units.order) {
    if (Math.abs(blockMean(clustering, wordCluster, chip)) > Math.abs(blockMean(clustering, wordCluster, best)))
      best = chip;
  }
  return best;
}

/** Mean response of the word at `index` of `words.ids` over a unit cluster. */
export function strength(clustering: Clustering, index: number, unitCluster: number): number {
  return clustering.strengths[index * unitClusters(clustering) + unitCluster] ?? 0;
}

/** Unit cluster of every unit, −1 for units set aside. */
export function unitLabels(clustering: Clustering, units: number): Int16Array {
  const labels = new Int16Array(units).fill(-1);
  clustering.units.ids.forEach((unit, i) => {
    if (unit < units) labels[unit] = clustering.units.labels[i]!;
  });
  return labels;
}

/** Number of the chip that holds each unit, as drawn, from 1; null for a unit outside the clustering. */
export function chipNumbers(
  units: { ids: Int32Array; labels: Uint8Array; order: number[] } | null,
): Map<number, number> {
  const numbers = new Map<number, number>();
  units?.ids.forEach((unit, i) => numbers.set(unit, units.order.indexOf(units.labels[i]!) + 1));
  return numbers;
}
