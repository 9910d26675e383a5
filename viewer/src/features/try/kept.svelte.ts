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
  #followed: number | null = null;

  /** Forgets what was found of another model, and numbers of another class that is followed. */
  of(model: ModelEntry | null, followed: number | null): void {
    if (model !== this.#model) this.why = this.judgement = null;
    if (model === this.#model && followed === this.#followed) return;
    [this.#model, this.#followed] = [model, followed];
    this.leftOut = this.switched = this.many = null;
  }
}

const known = new WeakMap<Explorer, Kept>();

export function keptOf(explorer: Explorer): Kept {
  const kept = known.get(explorer) ?? new Kept();
  known.set(explorer, kept);
  return kept;
}
