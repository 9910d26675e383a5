import { untrack } from 'svelte';
import {
  clusterMatching,
  stateMeasures,
  statePair,
  testFigures,
  unitMatching,
  type Compared,
  type Measure,
  type StatePair,
  type TestFigure,
  type Matching,
} from '../data/comparison';
import { isMade } from '../data/made';
import { loadPassage, type Passage } from '../data/passage';
import { toProblem, type Problem } from '../data/problem';
import type { Clustering, Vocabulary, WordResponse } from '../data/types';
import { inOrderOf } from '../model/matching';
import { weighted } from '../model/push';
import { change } from '../model/sequence';
import { ChipLosses } from './chipLosses.svelte';
import { entriesOf, nearest, type SideEntries } from './defaults';
import type { Explorer } from './explorer.svelte';
import { followedClass } from '../data/answer';
import { weightsOf } from './pushing.svelte';
import { sideA, usualB } from './sides';
import { Slot } from './slot.svelte';

interface Matches {
  units: Matching | null;
  clusters: Matching | null;
}

/** The measures of both sides, and of the pair. */
export interface Measures {
  a: { tests: TestFigure[]; state: Measure[] };
  b: { tests: TestFigure[]; state: Measure[] };
  pair: StatePair | null;
}

/** What A, the view of the store, is compared with: loaded beside it, for the same sentence, words and number of clusters. */
export class Side {
  /** What could not be read; the rest goes on working. */
  problem = $state.raw<Problem | null>(null);
  #vocabulary = new Slot<Vocabulary>((error) => this.#fail(error));
  #clustering = new Slot<Clustering>((error) => this.#fail(error));
  #passage = new Slot<Passage>((error) => this.#fail(error));
  #response = new Slot<WordResponse>((error) => this.#fail(error));
  #weights = new Slot<{ values: Float32Array | null }>((error) => this.#fail(error));
  #matches = new Slot<Matches>((error) => this.#fail(error));
  #measures = new Slot<Measures>((error) => this.#fail(error));

  /** What B names, in the manifest; null where there is nothing to compare with. */
  entries = $derived.by<SideEntries | null>(() => {
    const { source, view } = this.explorer;
    const choice = source && (view.b ?? usualB(sideA(view), source.manifest));
    return choice && entriesOf(choice, source.manifest);
  });
  a = $derived.by<SideEntries | null>(
    () => this.explorer.source && entriesOf(sideA(this.explorer.view), this.explorer.source.manifest),
  );
  vocabulary = $derived(this.#vocabulary.value);
  matches = $derived(this.#matches.value);
  measures = $derived(this.#measures.value);
  sentence = $derived(this.#passage.value?.sentence ?? null);
  /** The other dataset has the sentence, word for word in the same places. */
  aligned = $derived.by<boolean>(() => {
    const theirs = this.explorer.sentence?.surface;
    const mine = this.sentence?.surface;
    return (
      mine !== undefined &&
      theirs !== undefined &&
      mine.length === theirs.length &&
      mine.every((token, i) => token === theirs[i])
    );
  });
  steps = $derived(this.aligned ? (this.#passage.value?.steps ?? null) : null);
  sequence = $derived(this.aligned ? (this.#passage.value?.sequence ?? null) : null);
  /** Whether the sentence was looked for and is not there. */
  sentenceMissing = $derived.by<boolean>(
    () => this.explorer.view.sentence !== null && !this.#passage.loading && !this.explorer.loading && !this.aligned,
  );
  /** Whether the chips stand in the places of their matches. */
  inMatchOrder = $derived.by<boolean>(() => {
    const { compareLayout, compareOrder } = this.explorer.view;
    return Boolean(this.matches?.clusters) && (compareLayout === 'overlay' || compareOrder === 'match');
  });
  clustering = $derived.by<Clustering | null>(() => {
    const own = this.#clustering.value;
    const order = this.explorer.clustering?.units.order;
    return own && order && this.inMatchOrder ? inOrderOf(own, order, this.matches!.clusters!) : own;
  });
  /** Output weights of B; null where its units push no answer. */
  outputs = $derived.by<Float32Array | null>(() => this.#weights.value?.values ?? null);
  /** Whether the units of B push an answer. */
  pushable = $derived.by<boolean>(() => this.outputs !== null);
  /** Whether both sides show pushes. */
  pushed = $derived.by<boolean>(() => this.pushable && this.explorer.pushing.shown !== null);
  /** Output weights of B while pushes are shown. */
  weights = $derived.by<Float32Array | null>(() => (this.pushed ? this.outputs : null));
  /** One value a unit, of the same kind as those of A. */
  focusValues = $derived.by<Float32Array | null>(() => {
    const { focus, step } = this.explorer;
    const at = focus === 'step' && step !== null && this.sequence ? change(this.sequence, step) : null;
    const moved = focus === 'word' ? (this.#response.value?.mean ?? null) : at;
    return moved && this.weights ? weighted(moved, this.weights) : moved;
  });
  ready = $derived(
    this.problem !== null ||
      (this.#vocabulary.value !== null &&
        this.#clustering.value !== null &&
        !this.#matches.loading &&
        !this.#weights.loading &&
        !this.#passage.loading),
  );

  /** What happens without the chips of B. */
  readonly losses = new ChipLosses(
    () => {
      const { source } = this.explorer;
      const { entries, clustering } = this;
      return source && entries && clustering && { source, choice: entries.choice, state: entries.state, clustering };
    },
    (error) => this.#fail(error),
  );

  constructor(readonly explorer: Explorer) {}

  /** Asks for whatever the present choices need; call it whenever they change. */
  refresh(): void {
    const { explorer, entries, a } = this;
    const { view, source } = explorer;
    const word = explorer.focus === 'word' ? explorer.focusWord : null;
    const id = word === null ? undefined : this.vocabulary?.id.get(word);
    if (!source || !entries || !a) return;
    untrack(() => {
      const { dataset, model, state, choice } = entries;
      const scope = JSON.stringify(choice);
      if (scope !== this.#scope) this.problem = null;
      this.#scope = scope;
      const k = state.k.includes(view.k) ? view.k : nearest(state.k, view.k);
      const method = state.methods.includes(view.method) ? view.method : state.methods[0]!;
      const selection = state.selections.includes(view.selection) ? view.selection : state.selections[0]!;
      const by = { method, selection, k };
      this.#vocabulary.want(dataset.name, dataset.name, () => source.vocabulary(dataset));
      this.#clustering.want(scope, JSON.stringify(by), () => source.clustering(state, method, selection, k));
      const key = view.sentence;
      const ofA = this.explorer.model?.classes ?? [];
      const towards = model.classes.join('\0') === ofA.join('\0') ? view.towards : null;
      this.#passage.want(scope, JSON.stringify([key, towards, explorer.trying.allowed]), async (incomplete) => {
        if (isMade(key)) return explorer.trying.passage({ source, dataset, model, state, towards }, key, 'side');
        const loaded = key === null ? null : await loadPassage(source, dataset, model, state, key, towards);
        if (loaded?.broken) {
          incomplete();
          this.#fail(loaded.broken.error);
        }
        return loaded?.passage ?? null;
      });
      const followed = followedClass(model, towards);
      this.#weights.want(scope, String(followed), async () => ({
        values: await weightsOf(source, model, state, followed),
      }));
      this.#response.want(scope, String(id), () =>
        id === undefined ? Promise.resolve(null) : source.response(state, id),
      );
      const left: Compared = { ...a, epoch: a.choice.epoch };
      const right: Compared = { ...entries, epoch: choice.epoch };
      const pair = JSON.stringify([a.choice, choice]);
      const same = k === view.k && method === view.method && selection === view.selection;
      this.#matches.want(pair, JSON.stringify([view.method, view.selection, view.k]), async () => ({
        units: await unitMatching(source, left, right),
        clusters: same ? await clusterMatching(source, left, right, by) : null,
      }));
      this.#measures.want(pair, pair, async () => {
        const of = async (side: Compared): Promise<Measures['a']> => ({
          tests: await testFigures(source, side),
          state: await stateMeasures(source, side),
        });
        return { a: await of(left), b: await of(right), pair: await statePair(source, left, right) };
      });
    });
  }
  #scope = '';

  /** Asks again for what failed. */
  retry(): void {
    this.problem = null;
    this.refresh();
  }

  #fail(error: unknown): void {
    this.problem = toProblem(error, 'side B');
  }
}
