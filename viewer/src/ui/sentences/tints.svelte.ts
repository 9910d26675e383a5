import type { Explorer } from '../../state/explorer.svelte';
import { readTints, type Tints } from './readTints';

/** Reads what tints these sentences, whenever they change; what cannot be read leaves them untinted. */
export function tintsOf(explorer: () => Explorer, ids: () => readonly number[]): () => Tints | null {
  let tints = $state.raw<Tints | null>(null);
  $effect(() => {
    const { source, dataset, model, followed } = explorer();
    const wanted = ids();
    let dropped = false;
    if (!source || !dataset || !model || !wanted.length) return undefined;
    readTints(source, dataset, model, followed, wanted).then(
      (made) => {
        if (!dropped) tints = made;
      },
      () => {
        if (!dropped) tints = null;
      },
    );
    return () => (dropped = true);
  });
  return () => tints;
}
