import { meansOf, pushesAnswer, readsWhole } from '../data/answer';
import type { Source } from '../data/source';
import { isReversed } from '../data/decode';
import type { ModelEntry, StateEntry } from '../data/types';
import type { Explorer } from './explorer.svelte';
import { Slot } from './slot.svelte';

/**
 * The output weights of a state, null where units push no answer: the head does not read the state, or has no weights, or every
 * step says another thing, the next word. A state that is read backwards has none either where the answer is one for the whole
 * sequence: at which of its steps the head reads it is not published.
 */
export async function weightsOf(
  source: Source,
  model: ModelEntry,
  state: StateEntry,
  followed: number | null,
): Promise<Float32Array | null> {
  const means = meansOf(model);
  if (means === null || means === 'next word' || readBackwards(model, state)) return null;
  return source.outputWeights(state, followed ?? 0);
}

/** Whether one answer for a whole sequence reads a state that goes from the last word to the first. */
function readBackwards(model: ModelEntry, state: StateEntry): boolean {
  const answers = !['next word', null].includes(meansOf(model));
  return answers && state.read_by_head && isReversed(state) && readsWhole(model);
}

/** Whether the picture shows what words pushed the answer by, and the weights that it does so with. */
export class Pushing {
  #weights = new Slot<{ values: Float32Array | null }>((error) => this.explorer.report('memory', error));

  /** By unit; null where the choice is absent. */
  weights = $derived.by<Float32Array | null>(() => this.#weights.value?.values ?? null);
  /** Why units of a state that the answer reads push nothing here; null where they do, or where there is nothing to push. */
  why = $derived.by<string | null>(() => {
    const { model, state } = this.explorer;
    if (!model || !state) return null;
    if (readBackwards(model, state))
      return 'the answer reads this backward state, but at which of its steps is not published: pushes of its units would be a guess';
    if (!pushesAnswer(model) || this.weights || !this.#weights.value) return null;
    return state.read_by_head
      ? 'the answer reads this state, but what its units push at a word is not published'
      : 'the answer does not read this state';
  });
  /** The same while the picture shows pushes; null while it shows what moved. */
  shown = $derived.by<Float32Array | null>(() => (this.explorer.view.shows === 'pushed' ? this.weights : null));
  /** Whether it is known what to show. */
  ready = $derived.by<boolean>(() => this.#weights.value !== null || !this.#weights.loading);

  constructor(private readonly explorer: Explorer) {}

  /** Asks for the weights of the state; another `scope` drops the old ones. */
  want(scope: string, source: Source, model: ModelEntry, state: StateEntry): void {
    const { followed } = this.explorer;
    this.#weights.want(scope, String(followed), async () => ({
      values: await weightsOf(source, model, state, followed),
    }));
  }
}
