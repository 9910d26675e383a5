import { chipEffects, type ChipEffects } from '../data/measured';
import type { Explorer } from './explorer.svelte';
import { Slot } from './slot.svelte';

/** What happens without each chip of the grouping that is shown: read when one is first pointed at or held. */
export class ChipLosses {
  #slot = new Slot<{ effects: ChipEffects | null }>((error) => this.explorer.report('details', error));

  /** Null while it loads, or where it could not be read; its `effects` are null where none were published. */
  found = $derived.by<{ effects: ChipEffects | null } | null>(() => this.#slot.value);
  loading = $derived.by<boolean>(() => this.#slot.loading);

  constructor(private readonly explorer: Explorer) {}

  want(): void {
    const { source, state, clustering, hover, held, view } = this.explorer;
    if (!source || !state || !clustering || (hover?.kind !== 'chip' && held?.kind !== 'chip')) return;
    const { method, selection, k } = clustering;
    const scope = JSON.stringify([view.dataset, view.model, view.epoch, view.state, method, selection, k]);
    this.#slot.want(scope, scope, async () => ({ effects: await chipEffects(source, state, { method, selection, k }) }));
  }
}
