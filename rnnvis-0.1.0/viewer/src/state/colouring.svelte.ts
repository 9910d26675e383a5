import { SvelteMap } from 'svelte/reactivity';
import type { WordResponse } from '../data/types';
import { weighted } from '../model/push';
import { change } from '../model/sequence';
import type { Explorer } from './explorer.svelte';
import type { Focus } from './types';

/** What the chips are coloured by: the change at a pinned step, or the expected response to a selected word. */
export class Colouring {
  /** By word number: selected words, the pinned step's word, and the word under the pointer. */
  readonly responses = new SvelteMap<number, WordResponse>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #asked = new Set<number>();
  #scope = '';

  /** Word numbers of the selected words that the vocabulary holds, in the order of `view.words`. */
  wordIds = $derived.by<number[]>(() => this.#idsOf(this.explorer.view.words ?? []));
  /** The selected word that colours the chips. */
  focusWord = $derived.by<string | null>(() => {
    const { focusWord, words = [] } = this.explorer.view;
    return focusWord !== null && words.includes(focusWord) ? focusWord : (words[0] ?? null);
  });
  focus = $derived.by<Focus | null>(() => {
    const { step, sequence, step2, second, view } = this.explorer;
    const hasFirst = step !== null && sequence !== null;
    const hasSecond = step2 !== null && Boolean(second?.sequence);
    const word = this.focusWord !== null && this.#idsOf([this.focusWord]).length > 0;
    if (view.focus === 'word' && word) return 'word';
    if (view.focus === 'difference' && hasFirst && hasSecond) return 'difference';
    if (view.focus === 'second' && hasSecond) return 'second';
    if (hasFirst) return 'step';
    if (hasSecond) return 'second';
    return word ? 'word' : null;
  });
  /** One value a unit: its change at the pinned step, or its expected response to the focused word. */
  moved = $derived.by<Float32Array | null>(() => {
    const { sequence, step, second, step2 } = this.explorer;
    const other = (): Float32Array => change(second!.sequence!, step2!);
    if (this.focus === 'step') return change(sequence!, step!);
    if (this.focus === 'second') return other();
    if (this.focus === 'difference') {
      const minus = other();
      return change(sequence!, step!).map((value, unit) => value - minus[unit]!);
    }
    const [id] = this.focus === 'word' && this.focusWord !== null ? this.#idsOf([this.focusWord]) : [];
    return id === undefined ? null : (this.responses.get(id)?.mean ?? null);
  });
  /** What the chips are coloured by: the same, or what it pushed the answer by. */
  values = $derived.by<Float32Array | null>(() => {
    const { shown } = this.explorer.pushing;
    return shown && this.moved ? weighted(this.moved, shown) : this.moved;
  });
  label = $derived.by<string>(() => this.labelOf(this.explorer.pushing.shown !== null));

  constructor(private readonly explorer: Explorer) {}

  /** What the chips show, pushes or what moved, in a few words; empty where they show nothing. */
  labelOf(pushed: boolean): string {
    const what = pushed ? 'push' : 'change';
    switch (this.focus) {
      case 'step':
        return this.explorer.second ? `${what} in sentence 1` : `${what} at this step`;
      case 'second':
        return `${what} in sentence 2`;
      case 'difference':
        return pushed ? 'push in 1 minus push in 2' : '1 minus 2 (orange: higher in 1)';
      case 'word':
        return `usual ${what} at “${this.focusWord}”`;
      default:
        return '';
    }
  }

  /** Forgets the responses of another state. */
  clear(scope: string): void {
    this.#scope = scope;
    this.responses.clear();
    this.#asked.clear();
  }

  /** Lets what failed be asked for again. */
  retry(): void {
    this.#asked.clear();
  }

  /** Asks for the responses of the words that are selected, pinned or under the pointer. */
  want(): void {
    const { source, state, step, sentence, hover } = this.explorer;
    if (!source || !state) return;
    const ids = [...this.wordIds];
    if (step !== null && sentence) ids.push(sentence.tokens[step]!);
    if (hover?.kind === 'word') ids.push(hover.wordId);
    const scope = this.#scope;
    for (const id of ids) {
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      source.response(state, id).then(
        (response) => {
          if (response && scope === this.#scope) this.responses.set(id, response);
        },
        (error: unknown) => {
          if (scope === this.#scope) this.explorer.report('words', error);
        },
      );
    }
  }

  #idsOf(words: readonly string[]): number[] {
    return words.map((word) => this.explorer.vocabulary?.id.get(word)).filter((id) => id !== undefined);
  }
}
