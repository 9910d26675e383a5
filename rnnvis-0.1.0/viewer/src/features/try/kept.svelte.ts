import type { ModelEntry } from '../../data/types';
import type { Explorer } from '../../state/explorer.svelte';
import type { Judgement } from './continue';
import type { Many } from './many';
import type { LeftOut, SwitchedOff } from './tables';
import type { Reasons } from './why';

/** What was found of a model while the panel was open. It is still there when the panel is opened again; each says what it is of. */
export class Kept {
  leftOut = $state.raw<LeftOut | null>(null);
  switched = $state.raw<SwitchedOff | null>(null);
  why = $state.raw<Reasons | null>(null);
  many = $state.raw<Many | null>(null);
  judgement = $state.raw<Judgement | null>(null);
  #model: ModelEntry | null = null;

  /** Forgets what was found of another model. */
  of(model: ModelEntry | null): void {
    if (model === this.#model) return;
    this.#model = model;
    this.leftOut = this.switched = this.why = this.many = this.judgement = null;
  }
}

const known = new WeakMap<Explorer, Kept>();

export function keptOf(explorer: Explorer): Kept {
  const kept = known.get(explorer) ?? new Kept();
  known.set(explorer, kept);
  return kept;
}
