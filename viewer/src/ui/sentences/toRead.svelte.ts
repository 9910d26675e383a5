import { listBytes, type Beside } from '../../data/queries/corpusLines';
import type { Explorer } from '../../state/explorer.svelte';
import { bytes } from '../../wording/format';

/** Says that the sentences are being read, with what a list of them needs beside, and how much that is once it is known. */
export function toRead(explorer: () => Explorer, beside: Beside, words = (): boolean => false): () => string {
  let size = $state<number | null>(null);
  $effect(() => {
    const { source, dataset, model } = explorer();
    if (!source || !dataset || !model) return;
    void listBytes(source, dataset, model, beside, words()).then(
      (known) => (size = known),
      () => (size = null),
    );
  });
  return () => (size === null ? 'Reading the sentences' : `Reading the sentences: ${bytes(size)}, once`);
}
