import type { Clustering } from '../data/types';
import { unitClusters } from './groups';

/** What the links between clouds and chips stand for, a value a block, row-major [word clusters × unit clusters]. */
export interface Blocks {
  values: Float32Array;
  /** Whether it is what a cloud's words push the answer by through a chip, and not how far they move it. */
  pushed: boolean;
}

/** The mean pushes on the class `followed` of several where they are asked for and published, else the mean responses. */
export function blocksOf(clustering: Clustering, pushed: boolean, followed: number | null): Blocks {
  const { blockPushes, blockMeans } = clustering;
  const size = blockMeans.length;
  if (!pushed || !blockPushes?.length) return { values: blockMeans, pushed: false };
  const at = blockPushes.length > size ? (followed ?? 0) * size : 0;
  return { values: blockPushes.subarray(at, at + size), pushed: true };
}

export function blockOf({ values }: Blocks, clustering: Clustering, wordCluster: number, unitCluster: number): number {
  return values[wordCluster * unitClusters(clustering) + unitCluster] ?? 0;
}
