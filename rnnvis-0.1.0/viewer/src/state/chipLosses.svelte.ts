import { untrack } from 'svelte';
import { chipEffects, type ChipEffects } from '../data/measured';
import type { Source } from '../data/source';
import type { Clustering, StateEntry } from '../data/types';
import { Slot } from './slot.svelte';
import type { SideChoice } from './types';

/** Whose chips: a state, by its names and its entry, and the grouping that is shown of it. */
export interface Chips {
  source: Source;
  choice: SideChoice;
  state: StateEntry;
  clustering: Clustering;
}

/** What happens without each chip of the grouping that is shown: read when one is first pointed at or held. */
export class ChipLosses {
  #slot: Slot<{ effects: ChipEffects | null }>;

  /** Null while it loads, or where it could not be read; its `effects` are null where none were published. */
  found = $derived.by<{ effects: ChipEffects | null } | null>(() => this.#slot.value);
  loading = $derived.by<boolean>(() => this.#slot.loading);

  /** `chips` is null as long as nothing is shown of them. */
  constructor(
    private readonly chips: () => Chips | null,
    failed: (error: unknown) => void,
  ) {
    this.#slot = new Slot(failed);
  }

  want(): void {
    const chips = this.chips();
    if (!chips) return;
    const { source, choice, state, clustering } = chips;
    const { method, selection, k } = clustering;
    const scope = JSON.stringify([choice, method, selection, k]);
    untrack(() =>
      this.#slot.want(scope, scope, async () => ({
        effects: await chipEffects(source, state, { method, selection, k }),
      })),
    );
  }
}
