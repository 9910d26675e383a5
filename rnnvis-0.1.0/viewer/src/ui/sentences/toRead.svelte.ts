import { listBytes } from '../../data/queries/corpusLines';
import type { Explorer } from '../../state/explorer.svelte';
import { bytes } from '../../wording/format';

/** Says that the sentences are being read, with what tints them where they are, and how much that is once it is known. */
export function toRead(explorer: () => Explorer, tinted = false): () => string {
  let size = $state<number | null>(null);
  $effect(() => {
    const { source, dataset, model } = explorer();
    if (!source || !dataset || !model) return;
    void listBytes(source, dataset, model, tinted).then(
      (known) => (size = known),
      () => (size = null),
    );
  });
  return () => (size === null ? 'Reading the sentences' : `Reading the sentences: ${bytes(size)}, once`);
}
