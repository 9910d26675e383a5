import type { Explorer } from '../../state/explorer.svelte';
import { readTints, type Tints } from './readTints';

/** What is tinted by: tints of one model say nothing of another, nor those of one class of another. */
const subject = ({ source, dataset, model, followed }: Explorer): readonly unknown[] => [
  source,
  dataset,
  model,
  followed,
];

/** Reads what tints these sentences, whenever they change; what cannot be read leaves them untinted. */
export function tintsOf(explorer: () => Explorer, ids: () => readonly number[]): () => Tints | null {
  let held = $state.raw<{ of: readonly unknown[]; tints: Tints | null } | null>(null);
  $effect(() => {
    const { source, dataset, model, followed } = explorer();
    const of = subject(explorer());
    const wanted = ids();
    let dropped = false;
    if (!source || !dataset || !model || !wanted.length) return undefined;
    readTints(source, dataset, model, followed, wanted).then(
      (tints) => {
        if (!dropped) held = { of, tints };
      },
      () => {
        if (!dropped) held = null;
      },
    );
    return () => (dropped = true);
  });
  return () => (held && subject(explorer()).every((part, i) => part === held!.of[i]) ? held.tints : null);
}
