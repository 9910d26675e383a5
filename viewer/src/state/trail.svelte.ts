import type { Explorer } from './explorer.svelte';

/** A place in a list that a sentence was found in. */
export interface Found {
  key: string;
  /** The step that is pinned there, or how it is found; null for none. */
  step: number | null | (() => Promise<number | null>);
}

/** The list that the sentence was found in, for going on to the previous and the next of it. Never in the link. */
export class Trail {
  #list = $state.raw<readonly Found[]>([]);
  #index = $state(0);
  /** What the list holds, in words. */
  title = $state('');

  /** Where the sentence stands in the list; null where it is not of it. */
  at = $derived.by<{ index: number; of: number } | null>(() => {
    const here = this.#list[this.#index];
    const { sentence } = this.explorer.view;
    if (!here || sentence === null || here.key !== sentence) return null;
    return { index: this.#index, of: this.#list.length };
  });

  constructor(private readonly explorer: Explorer) {}

  /** Opens the sentence at `index` of a list, in the picture where the page does not `stay`, unless something else was chosen while its step was looked up. */
  async open(title: string, list: readonly Found[], index: number, stay?: boolean): Promise<void> {
    const found = list[index];
    if (!found) return;
    const { view } = this.explorer;
    const step = typeof found.step === 'function' ? await found.step() : found.step;
    if (this.explorer.view !== view) return;
    this.title = title;
    this.#list = list;
    this.#index = index;
    this.explorer.setSentence(found.key, step, stay);
  }

  /** Goes `by` places along the list, on the page that is open. */
  go(by: -1 | 1): void {
    if (this.at) void this.open(this.title, this.#list, this.at.index + by, true);
  }
}
