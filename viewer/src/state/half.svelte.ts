import { isMade } from '../data/made';
import { loadPassage, type Passage } from '../data/passage';
import { whyNotRunnable } from '../data/runnable';
import type { DatasetEntry, ModelEntry, StateEntry, Clustering, Vocabulary } from '../data/types';
import type { HalfData } from '../model/half';
import { modelAt, nearest, oneOf } from './defaults';
import type { Explorer } from './explorer.svelte';
import { Slot } from './slot.svelte';

interface Entries {
  dataset: DatasetEntry;
  model: ModelEntry;
  state: StateEntry;
  above: boolean;
}

interface Loaded extends Passage {
  of: string;
  clustering: Clustering | null;
  vocabulary: Vocabulary;
}

/** The other one of an encoder and its decoder along the sentence of the view: loaded beside what is shown. */
export class Half {
  #loaded = new Slot<Loaded>((error) => this.explorer.report('sequence', error));
  #wanted = $state.raw<string | null>(null);
  /** Whether a part of what was loaded last could not be read; it is reported where the sequence stands. */
  broken = false;

  /** The same model's state of the same layer and kind in the dataset that hands over, or that is handed to; null without. */
  entries = $derived.by<Entries | null>(() => {
    const { dataset, model, state, view, source } = this.explorer;
    const other = source?.manifest.datasets.find(
      ({ name, source: of }) => dataset && (dataset.source ? name === dataset.source : of === dataset.name),
    );
    const whole = other?.models.find(({ name }) => name === view.model);
    const there = whole && modelAt(whole, view.epoch);
    const same = there?.states.find(
      ({ layer, kind, units }) => layer === state?.layer && kind === state.kind && units === state.units,
    );
    if (!other || !there || !same || !model || there.hash !== model.hash) return null;
    return { dataset: other, model: there, state: same, above: dataset?.source === other.name };
  });

  /** What the picture joins; null where there is nothing to join, while it loads, beside a second sentence, and while pushes are shown. */
  shown = $derived.by<HalfData | null>(() => {
    const { entries } = this;
    const { sentence, view, pushing } = this.explorer;
    const loaded = this.#loaded.value;
    if (!entries || !sentence || !loaded || loaded.of !== this.#wanted || loaded.sentence.key !== sentence.key)
      return null;
    if (view.sentence2 !== null || pushing.shown) return null;
    return { ...loaded, ...entries, called: entries.dataset.nouns?.step };
  });
  loading = $derived.by<boolean>(() => this.entries !== null && this.#loaded.loading);

  constructor(private readonly explorer: Explorer) {}

  #none(): void {
    this.#wanted = null;
    this.broken = false;
  }

  /** Asks for what the view names. */
  want(): void {
    const { entries } = this;
    const { source, view } = this.explorer;
    const key = view.sentence;
    if (!entries || !source || key === null) return this.#none();
    const { dataset, model, state } = entries;
    const made = isMade(key);
    if (made && whyNotRunnable(dataset, model) !== null) return this.#none();
    const by = [
      oneOf(state.methods, view.method, 'block'),
      oneOf(state.selections, view.selection, 'reliable'),
      nearest(state.k, view.k),
    ] as const;
    const of = JSON.stringify([dataset.name, model.hash, state.name, key, by, this.explorer.trying.allowed]);
    this.#wanted = of;
    this.#loaded.want(of, of, async (incomplete) => {
      const [found, clustering, vocabulary] = await Promise.all([
        made
          ? this.explorer.trying
              .passage({ source, dataset, model, state, towards: null }, key, 'half')
              .then((passage) => passage && { passage, broken: null })
          : loadPassage(source, dataset, model, state, key),
        state.k.length ? source.clustering(state, ...by) : null,
        source.vocabulary(dataset),
      ]);
      this.broken = Boolean(found?.broken);
      if (found?.broken) {
        incomplete();
        this.explorer.report('sequence', found.broken.error);
      }
      return found && { ...found.passage, of, clustering, vocabulary };
    });
  }
}
