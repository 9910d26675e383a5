import { sameWord, type Passage } from '../data/passage';
import { toProblem, type Problem } from '../data/problem';
import { Source } from '../data/source';
import type {
  Clustering,
  Manifest,
  Sentence,
  SentenceSteps,
  StateSequence,
  Vocabulary,
  WordResponse,
} from '../data/types';
import { NO_ADDRESS, type Address } from './address';
import { Choices } from './choices.svelte';
import { ChipLosses } from './chipLosses.svelte';
import { Colouring } from './colouring.svelte';
import { firstView, modelAt, modelOf } from './defaults';
import { fitView } from './fit';
import { LinkProblem, readLink, writeLink } from './link';
import type { Exporter } from './exporter';
import { Passages } from './passages.svelte';
import type { Half } from './half.svelte';
import { Pushing } from './pushing.svelte';
import { Trail } from './trail.svelte';
import { sideA } from './sides';
import { Slot, tryAgain } from './slot.svelte';
import { Trying } from './trying.svelte';
import { heldOf, numbered } from './held';
import type { Drawn, Focus, Held, Hover, Place, ViewState } from './types';

export interface Options {
  /** Address of the manifest. */
  src: string;
  /** Folder of the explorer's own files; null where the page is all there is. */
  home: string | null;
  layout: 'page' | 'hero';
  /** Address of the full page, for “Open in explorer”; null where there is none. */
  page: string | null;
  /** Address of the site's home page, which the name in the top bar leads to. */
  site?: string | null;
  address?: Address;
  /** Choices made by attributes of the element. */
  view?: Partial<Pick<ViewState, 'model' | 'sentence' | 'step' | 'sentence2' | 'step2' | 'k' | 'words'>>;
  fetcher?: typeof fetch;
}

/** The one store: what is chosen, with every action, and what is loaded for it. Views read it and call its actions. */
export class Explorer extends Choices {
  problems = $state<Partial<Record<Place, Problem>>>({});
  /** Something to say once, for example that a link fits only in part. */
  notice = $state<string | null>(null);
  theme = $state<'light' | 'dark'>('light');
  width = $state(1440);
  /** Set by the picture after painting. */
  drawn = $state.raw<Drawn | null>(null);
  /** Grows when web fonts have arrived: measured text must be measured again. */
  fonts = $state(0);
  /** The popover that is open, by name; at most one. */
  popover = $state<string | null>(null);
  /** Saves what the opened page shows as a file; null where there is nothing yet. */
  exporter = $state.raw<Exporter | null>(null);
  /** Whether this visit began with a link to a view. */
  linked = $state(false);
  /** What the sentence picker begins with. */
  searchText = $state('');
  transfers = $state.raw({ bytes: 0, requests: 0, asked: 0, waiting: null as string | null });
  readonly layout: 'page' | 'hero';
  readonly site: string | null;

  #hover = $state.raw<Hover | null>(null);
  #vocabulary = new Slot<Vocabulary>(
    (error) => this.#fail('words', error),
    () => this.#worded(),
  );
  #clustering = new Slot<Clustering>(
    (error) => this.#fail('memory', error),
    () => this.#grouped(),
  );
  readonly #address: Address;
  readonly #options: Options;
  #stop: () => void = () => undefined;

  // What is loaded for it; null while loading.
  vocabulary = $derived(this.#vocabulary.value);
  clustering = $derived(this.#clustering.value);
  readonly passages = new Passages(this);
  readonly colouring = new Colouring(this);
  readonly trying = new Trying(this);
  readonly pushing = new Pushing(this);
  /** The other one of an encoder and its decoder; null before anything of the kind is shown. */
  half = $state.raw<Half | null>(null);
  readonly trail = new Trail(this);
  readonly chipLosses = new ChipLosses(
    () => {
      const { source, state, clustering, view } = this;
      return source && state && clustering && { source, choice: sideA(view), state, clustering };
    },
    (error) => this.report('details', error),
  );
  loading = $derived.by<boolean>(
    () =>
      this.#vocabulary.loading ||
      this.#clustering.loading ||
      this.passages.loading ||
      Boolean(this.half?.loading) ||
      !this.pushing.ready,
  );
  /** Whether every part of the first picture is there, or is known to be missing. */
  ready = $derived.by<boolean>(
    () =>
      this.source !== null &&
      (this.#vocabulary.value !== null || this.problems.words !== undefined) &&
      (this.#clustering.value !== null || this.problems.memory !== undefined) &&
      this.pushing.ready &&
      !this.half?.loading &&
      this.passages.ready,
  );

  constructor(options: Options) {
    super();
    this.#options = options;
    this.layout = options.layout;
    this.site = options.site ?? null;
    this.#address = options.address ?? NO_ADDRESS;
  }

  get sentence(): Sentence | null {
    return this.passages.sentence;
  }

  get steps(): SentenceSteps | null {
    return this.passages.steps;
  }

  get sequence(): StateSequence | null {
    return this.passages.sequence;
  }

  get second(): Passage | null {
    return this.passages.second;
  }

  get step(): number | null {
    return this.passages.step;
  }

  get step2(): number | null {
    return this.passages.step2;
  }

  get range(): [number, number] | null {
    return this.passages.range;
  }

  get wordIds(): number[] {
    return this.colouring.wordIds;
  }

  get wordResponses(): ReadonlyMap<number, WordResponse> {
    return this.colouring.responses;
  }

  get focusWord(): string | null {
    return this.colouring.focusWord;
  }

  get focus(): Focus | null {
    return this.colouring.focus;
  }

  get focusValues(): Float32Array | null {
    return this.colouring.values;
  }

  get focusLabel(): string {
    return this.colouring.label;
  }

  get hover(): Hover | null {
    return this.#hover;
  }

  set hover(hover: Hover | null) {
    this.#hover = hover;
    this.colouring.want();
    this.#wantLosses();
  }

  /** The chip or cloud of the picture that a click holds. */
  get held(): Held {
    return heldOf(this.view.held, 'a', this.clustering);
  }

  set held(held: Held) {
    this.hold(numbered(held, 'a', this.clustering));
  }

  /** Fetches the manifest, follows the link or the attributes, and loads the first view. */
  async start(): Promise<void> {
    this.clearProblem('data');
    try {
      this.source = await Source.open(this.#options.src, {
        home: this.#options.home,
        changed: (transfers) => (this.transfers = { ...transfers }),
        ...(this.#options.fetcher ? { fetcher: this.#options.fetcher } : {}),
      });
    } catch (error) {
      this.#fail('data', error);
      return;
    }
    const { source } = this;
    source.workOut = (state, id) => this.trying.states(source, state, id);
    this.first = this.#firstOf(this.source.manifest, this.#options.view);
    this.view = this.first;
    const linked = this.#follow(this.#address.read());
    this.linked = linked !== null || this.notice !== null;
    if (linked) this.view = linked;
    this.#stop();
    this.#stop = this.#address.listen((fragment) => {
      const named = fragment.replace(/^#/, '');
      if (named === this.link()) return;
      const view = named ? this.#follow(fragment) : this.first;
      if (view) this.apply(view, null, false);
    });
    this.#refresh();
  }

  stop(): void {
    this.#stop();
    this.trying.stop();
  }

  /** Shows the first view with other choices of the element's attributes, without loading anew what stays. */
  follow(choices: Options['view']): void {
    if (!this.source) return;
    this.first = this.#firstOf(this.source.manifest, choices);
    this.apply(this.first, 'attributes');
  }

  #firstOf(manifest: Manifest, choices: Options['view']): ViewState {
    const first = { ...firstView(manifest), ...choices };
    if (choices?.sentence && choices.step === undefined) first.step = null;
    return fitView(first, manifest).view;
  }

  // Sentences and the tour.

  /** Shows the chips and words of the other one of an encoder and its decoder, along the same sentence. */
  openHalf(step: number | null = null): void {
    const entries = this.half?.entries;
    if (entries && this.sentence) this.openBeside(entries.dataset.name, this.sentence.key, step, entries.state.name);
  }

  /** Sets a second sentence beside the first, pinned where it reads the same word as the first one's pinned step. */
  async addSecond(key: string): Promise<void> {
    const { source, dataset, sentence, step } = this;
    if (!source || !dataset) return;
    try {
      const other = await source.sentenceByKey(dataset, dataset.probes[key] ?? key);
      this.setSecond(key, other && sentence && step !== null ? sameWord(sentence, step, other) : null);
    } catch (error) {
      this.#fail('sequence', error);
    }
  }

  /** Takes a sentence in place of one that the data does not hold; no step of undo. */
  replaceSentence(key: string): void {
    this.view = { ...this.view, sentence: key, step: null };
    queueMicrotask(() => this.#refresh());
  }

  /** The tour speaks about the picture, so that is shown first. */
  startTour(): void {
    if (this.view.page !== 'picture') this.openPage('picture');
    this.popover = 'tour';
  }

  // Links.

  /** The fragment that restores this view, without `#`. */
  link(): string {
    return writeLink(this.view, this.model?.hash ?? '');
  }

  /** Whether the page has an address that a link can lead to; in the output of a notebook it has none. */
  get linkable(): boolean {
    return this.layout === 'page' ? this.#address.page !== '' : this.#options.page !== null;
  }

  /** The whole address that restores this view on the full page. */
  linkAddress(): string {
    return `${this.layout === 'page' ? this.#address.page : (this.#options.page ?? '')}#${this.link()}`;
  }

  // Problems.

  clearProblem(place: Place): void {
    if (this.problems[place]) delete this.problems[place];
  }

  report(place: Place, error: unknown): void {
    this.#fail(place, error);
  }

  /** Tries again whatever failed. */
  retry(): void {
    tryAgain();
    this.problems = {};
    this.colouring.retry();
    if (this.source) this.#refresh();
    else void this.start();
  }

  #fail(place: Place, error: unknown): void {
    this.problems[place] = toProblem(error, place);
  }

  /** Says something beside what was said of the link before. */
  say(text: string): void {
    if (!this.notice?.includes(text)) this.notice = this.notice === null ? text : `${this.notice} ${text}`;
  }

  /** A selected word that the text does not have is let go, and that is said. */
  #worded(): void {
    const { view, vocabulary } = this;
    const absent = vocabulary ? view.words.filter((word) => !vocabulary.id.has(word)) : [];
    if (absent.length) {
      for (const word of absent) this.say(`“${word}” is not in the vocabulary.`);
      this.view = { ...view, words: view.words.filter((word) => !absent.includes(word)) };
    }
    this.colouring.want();
  }

  #grouped(): void {
    this.clearProblem('memory');
    this.#wantLosses();
  }

  #wantLosses(): void {
    if (this.hover?.kind === 'chip' || this.held?.kind === 'chip') this.chipLosses.want();
  }

  #follow(fragment: string): ViewState | null {
    if (!this.source || !this.first) return null;
    try {
      // What a link leaves out is what its dataset shows first, not what another one does.
      const named = readLink(fragment, this.first)?.view.dataset ?? this.first.dataset;
      const other = named !== this.first.dataset;
      const link = readLink(fragment, other ? firstView(this.source.manifest, named) : this.first);
      if (!link) return null;
      const { view, notes } = fitView(link.view, this.source.manifest);
      const dataset = this.source.manifest.datasets.find((entry) => entry.name === view.dataset);
      const model = dataset && modelAt(modelOf(dataset, view.model), view.epoch);
      if (model && !notes.length && link.modelHash && link.modelHash !== model.hash) {
        notes.push(
          `The link was made with another training of ${model.title}: units, groups and numbers may differ from what was sent.`,
        );
      }
      if (view.sentence === null && (view.page === 'picture' || view.page === 'compare')) {
        const { sentence, step } = firstView(this.source.manifest, view.dataset);
        Object.assign(view, { sentence, step });
        notes.push(
          sentence === null ? 'The link names no sentence.' : 'The link names no sentence; an example is shown.',
        );
      }
      this.notice = notes.length ? notes.join(' ') : null;
      return view;
    } catch (error) {
      if (!(error instanceof LinkProblem)) throw error;
      this.notice = `The link cannot be followed: ${error.message}. The usual first view is shown.`;
      return null;
    }
  }

  protected show(view: ViewState, step: boolean): void {
    this.view = view;
    this.tellHistory();
    this.#address.write(this.link(), step);
    this.#refresh();
  }

  #refresh(): void {
    const { source, dataset, model, state, view } = this;
    if (!source || !dataset || !model || !state) return;
    const scope = JSON.stringify([dataset.name, model.name, view.epoch, state.name]);
    if (this.#scope !== scope) {
      this.#scope = scope;
      this.colouring.clear(scope);
      this.problems = {};
    }
    this.#vocabulary.want(dataset.name, dataset.name, () => source.vocabulary(dataset));
    this.#clustering.want(scope, JSON.stringify([view.method, view.selection, view.k]), () =>
      source.clustering(state, view.method, view.selection, view.k),
    );
    this.passages.want(scope, source, dataset, model, state);
    this.pushing.want(scope, source, model, state);
    this.#wantHalf();
    this.#worded();
    this.#wantLosses();
  }
  #scope = '';

  #wantHalf(): void {
    const { dataset, source } = this;
    if (this.half) this.half.want();
    else if (dataset?.source || source?.manifest.datasets.some((one) => one.source === dataset?.name))
      void import('./half.svelte')
        .then(({ Half }) => (this.half ??= new Half(this)).want())
        .catch((error: unknown) => this.report('sequence', error));
  }
}
