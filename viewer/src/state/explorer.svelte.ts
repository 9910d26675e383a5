import { SvelteMap } from 'svelte/reactivity';
import { loadPassage, type Passage } from '../data/passage';
import { toProblem } from '../data/problem';
import { Source } from '../data/source';
import type { Clustering, DatasetEntry, ModelEntry, StateEntry, Vocabulary, WordResponse } from '../data/types';
import { sameWord } from '../model/pair';
import { change } from '../model/sequence';
import { NO_ADDRESS, type Address } from './address';
import { fitView, firstView, modelAt, modelOf, stateOf, UNITS, WORDS } from './defaults';
import { History } from './history';
import { fitsLink, LinkProblem, readLink, writeLink } from './link';
import { Slot, tryAgain } from './slot.svelte';
import type { FindState } from './find';
import type { PageName } from './pages';
import type { Drawn, Focus, Hover, Place, Problem, ViewState } from './types';

export interface Options {
  /** Address of the manifest. */
  src: string;
  /** Folder of the explorer's own files. */
  home: string;
  layout: 'page' | 'hero';
  /** Address of the full page, for “Open in explorer”. */
  page: string;
  /** Address of the site's home page, which the name in the top bar leads to. */
  site?: string | null;
  address?: Address;
  /** Choices made by attributes of the element. */
  view?: Partial<Pick<ViewState, 'model' | 'sentence' | 'step' | 'sentence2' | 'step2' | 'k' | 'words'>>;
  fetcher?: typeof fetch;
}

/** The one store: what is chosen, what is loaded for it, and every action. Views read it and call its actions. */
export class Explorer {
  /** Replaced at every change, never changed in place. */
  view = $state.raw<ViewState>({} as ViewState);
  source = $state.raw<Source | null>(null);
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
  /** Saves the opened page as a file; null where the picture is what is saved. */
  exporter = $state.raw<((format: 'svg' | 'png' | 'csv') => Promise<Blob>) | null>(null);
  /** Whether this visit began with a link to a view. */
  linked = $state(false);
  /** What the sentence picker begins with. */
  searchText = $state('');
  transfers = $state.raw({ bytes: 0, requests: 0, asked: 0, waiting: null as string | null });
  canUndo = $state(false);
  canRedo = $state(false);
  readonly layout: 'page' | 'hero';
  readonly site: string | null;
  /** By word number: selected words, the pinned step's word, and the word under the pointer. */
  readonly wordResponses = new SvelteMap<number, WordResponse>();

  #hover = $state.raw<Hover | null>(null);
  #vocabulary = new Slot<Vocabulary>((error) => this.#fail('words', error), () => this.#wantResponses());
  #clustering = new Slot<Clustering>((error) => this.#fail('memory', error), () => this.clearProblem('memory'));
  #passage = new Slot<Passage>((error) => this.#fail('sequence', error), () => this.#arrived());
  #second = new Slot<Passage>((error) => this.#fail('sequence', error));
  readonly #history = new History<ViewState>();
  readonly #address: Address;
  readonly #options: Options;
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- bookkeeping that no view reads
  readonly #asked = new Set<string>();
  #first: ViewState | null = null;
  #stop: () => void = () => undefined;

  // What the view names, in the manifest.
  dataset = $derived.by<DatasetEntry | null>(() => this.source?.manifest.datasets.find((entry) => entry.name === this.view.dataset) ?? null);
  /** As it was at the chosen epoch. */
  model = $derived.by<ModelEntry | null>(() => this.dataset && modelAt(modelOf(this.dataset, this.view.model), this.view.epoch));
  state = $derived.by<StateEntry | null>(() => this.model && stateOf(this.model, this.view.state));

  // What is loaded for it; null while loading.
  vocabulary = $derived(this.#vocabulary.value);
  clustering = $derived(this.#clustering.value);
  sentence = $derived(this.#passage.value?.sentence ?? null);
  steps = $derived(this.#passage.value?.steps ?? null);
  /** The state along the sentence; null also where the published sample of states leaves it out. */
  sequence = $derived(this.#passage.value?.sequence ?? null);
  /** The sentence that stands beside the first; null where there is none, or while loading. */
  second = $derived.by<Passage | null>(() => (this.view.sentence2 === null ? null : this.#second.value));
  loading = $derived(this.#vocabulary.loading || this.#clustering.loading || this.#passage.loading || this.#second.loading);
  /** Whether every part of the first picture is there, or is known to be missing. */
  ready = $derived(
    this.source !== null &&
      (this.#vocabulary.value !== null || this.problems.words !== undefined) &&
      (this.#clustering.value !== null || this.problems.memory !== undefined) &&
      (this.#passage.value !== null || !this.#passage.loading),
  );

  /** The pinned step, if the sentence has it. */
  step = $derived.by<number | null>(() => {
    const step = this.view.step ?? null;
    return step !== null && this.sentence && step < this.sentence.tokens.length ? step : null;
  });
  /** The brushed steps, if the sentence has them. */
  range = $derived.by<[number, number] | null>(() => {
    const range = this.view.range ?? null;
    return range !== null && this.sentence && range[1] < this.sentence.tokens.length ? range : null;
  });
  /** The pinned step of the second sentence, if it has it. */
  step2 = $derived.by<number | null>(() => {
    const step = this.view.step2 ?? null;
    return step !== null && this.second && step < this.second.sentence.tokens.length ? step : null;
  });
  /** Word numbers of the selected words that the vocabulary holds, in the order of `view.words`. */
  wordIds = $derived.by<number[]>(() => this.#idsOf(this.view.words ?? []));
  /** The selected word that colours the chips. */
  focusWord = $derived.by<string | null>(() => {
    const words = this.view.words ?? [];
    return this.view.focusWord !== null && words.includes(this.view.focusWord) ? this.view.focusWord : (words[0] ?? null);
  });
  /** What the chips are coloured by at present. */
  focus = $derived.by<Focus | null>(() => {
    const first = this.step !== null && this.sequence !== null;
    const second = this.step2 !== null && Boolean(this.second?.sequence);
    const word = this.focusWord !== null && this.#idsOf([this.focusWord]).length > 0;
    const wanted = this.view.focus;
    if (wanted === 'word' && word) return 'word';
    if (wanted === 'difference' && first && second) return 'difference';
    if (wanted === 'second' && second) return 'second';
    if (first) return 'step';
    if (second) return 'second';
    return word ? 'word' : null;
  });
  /** One value a unit: its change at the pinned step, or its expected response to the focused word. */
  focusValues = $derived.by<Float32Array | null>(() => {
    const second = (): Float32Array => change(this.second!.sequence!, this.step2!);
    if (this.focus === 'step') return change(this.sequence!, this.step!);
    if (this.focus === 'second') return second();
    if (this.focus === 'difference') {
      const other = second();
      return change(this.sequence!, this.step!).map((value, unit) => value - other[unit]!);
    }
    const [id] = this.focus === 'word' && this.focusWord !== null ? this.#idsOf([this.focusWord]) : [];
    return id === undefined ? null : (this.wordResponses.get(id)?.mean ?? null);
  });
  focusLabel = $derived.by<string>(() => {
    switch (this.focus) {
      case 'step':
        return this.second ? 'change at the step of sentence 1' : 'change at this step';
      case 'second':
        return 'change at the step of sentence 2';
      case 'difference':
        return 'change in sentence 1 minus change in 2';
      case 'word':
        return `usual change at “${this.focusWord}”`;
      default:
        return '';
    }
  });

  constructor(options: Options) {
    this.#options = options;
    this.layout = options.layout;
    this.site = options.site ?? null;
    this.#address = options.address ?? NO_ADDRESS;
  }

  get hover(): Hover | null {
    return this.#hover;
  }

  set hover(hover: Hover | null) {
    this.#hover = hover;
    this.#wantResponses();
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
    const manifest = this.source.manifest;
    const first = { ...firstView(manifest), ...this.#options.view };
    if (this.#options.view?.sentence && this.#options.view.step === undefined) first.step = null;
    this.#first = fitView(first, manifest).view;
    this.view = this.#first;
    const linked = this.#follow(this.#address.read());
    this.linked = linked !== null || this.notice !== null;
    if (linked) this.view = linked;
    this.#stop();
    this.#stop = this.#address.listen((fragment) => {
      const named = fragment.replace(/^#/, '');
      if (named === this.link()) return;
      const view = named ? this.#follow(fragment) : this.#first;
      if (view) this.#apply(view, null);
    });
    this.#refresh();
  }

  stop(): void {
    this.#stop();
  }

  // Choices. Each is one step of undo and stands in the link.

  setDataset(name: string): void {
    if (this.source && name !== this.view.dataset) this.#change({ ...firstView(this.source.manifest, name) });
  }

  setModel(name: string): void {
    if (!this.dataset) return;
    const state = stateOf(modelOf(this.dataset, name), this.view.state);
    const kept = this.view.page === 'unit' ? this.view.units.slice(0, 1) : [];
    this.#change({ model: name, epoch: null, state: state.name, units: kept });
  }

  setState(name: string): void {
    const layer = this.model && stateOf(this.model, name).layer;
    const kept = this.view.page === 'unit' ? this.view.units.slice(0, 1) : [];
    this.#change({ state: name, units: layer === this.state?.layer ? this.view.units : kept });
  }

  setClusters(k: number): void {
    this.#change({ k }, 'k');
  }

  setMethod(method: string): void {
    this.#change({ method });
  }

  setSelection(selection: string): void {
    this.#change({ selection });
  }

  setSentence(key: string, step: number | null = null): void {
    const beside = this.view.page === 'picture' ? {} : { sentence2: null, step2: null };
    this.#change({ sentence: key, step, ...(key === this.view.sentence ? {} : { range: null }), ...beside, focus: 'step', page: this.view.page === 'compare' ? 'compare' : 'picture' });
  }

  /** Sets a second sentence beside the first. */
  setSecond(key: string, step: number | null = null): void {
    this.#change({ sentence2: key, step2: step, focus: 'step', page: 'picture' });
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

  removeSecond(): void {
    this.#change({ sentence2: null, step2: null, focus: this.view.focus === 'word' ? 'word' : 'step' });
  }

  pinSecond(step: number | null): void {
    this.#change({ step2: step, focus: this.view.focus === 'difference' ? 'difference' : 'second' }, 'step2');
  }

  /** Brushes a range of steps of the sentence, both ends included. */
  setRange(range: [number, number] | null): void {
    this.#change({ range }, range && 'range');
  }

  setEpoch(epoch: number | null): void {
    this.#change({ epoch }, 'epoch');
  }

  pinStep(step: number | null): void {
    this.#change({ step, focus: this.view.focus === 'difference' && step !== null ? 'difference' : 'step' }, 'step');
  }

  /** Selects or deselects a word. A newly selected word colours the chips; a fourth takes the place of the third. */
  toggleWord(text: string): void {
    if (this.view.words.includes(text)) this.removeWord(text);
    else this.#change({ words: [...this.view.words.slice(0, WORDS - 1), text], focus: 'word', focusWord: text });
  }

  removeWord(text: string): void {
    const words = this.view.words.filter((word) => word !== text);
    this.#change({ words, focusWord: null, focus: words.length ? this.view.focus : 'step' });
  }

  /** Colours the chips by a selected word, or by the pinned step. */
  setFocus(focus: Exclude<Focus, 'word'> | { word: string }): void {
    this.#change(typeof focus === 'string' ? { focus } : { focus: 'word', focusWord: focus.word });
  }

  toggleUnit(unit: number): void {
    const units = this.view.units.includes(unit)
      ? this.view.units.filter((other) => other !== unit)
      : [...this.view.units.slice(0, UNITS - 1), unit];
    this.#change({ units, page: this.view.page });
  }

  openUnit(unit: number): void {
    if (this.view.page !== 'unit') this.#unitFrom = this.view.page;
    this.#change({ units: [unit, ...this.view.units.filter((other) => other !== unit)].slice(0, UNITS), page: 'unit' }, 'unit');
  }

  /** Leaves the page of a unit for the page that it was opened from. */
  closeUnit(): void {
    this.openPage(this.#unitFrom);
  }
  #unitFrom: PageName = 'picture';

  /** The tour speaks about the picture, so that is shown first. */
  startTour(): void {
    if (this.view.page !== 'picture') this.openPage('picture');
    this.popover = 'tour';
  }

  openPage(page: PageName): void {
    this.#change({ page });
  }

  setUnitRail(unitRail: ViewState['unitRail']): void {
    this.#change({ unitRail });
  }

  setUnitWords(unitWords: ViewState['unitWords']): void {
    this.#change({ unitWords });
  }

  /** Order and filters of the page “Units”; quick changes of one filter are one step of undo. */
  setMap(patch: Partial<Pick<ViewState, 'mapMethod' | 'mapItems' | 'mapColour' | 'mapZoom'>>): void {
    this.#change(patch, patch.mapZoom && !patch.mapMethod ? 'map' : null);
  }

  setUnitList(patch: Partial<Pick<ViewState, 'unitSort' | 'unitDescending' | 'unitRanges' | 'unitText' | 'unitChip'>>): void {
    this.#change(patch, `units ${Object.keys(patch).join(' ')}`);
  }

  setSql(sql: string): void {
    this.#change({ sql: fitsLink(sql) ? sql : '' }, 'sql');
  }

  /** Choices of the page “Compare”; those of A are the view's own. */
  compare(choice: Partial<Pick<ViewState, 'dataset' | 'model' | 'state' | 'epoch' | 'b' | 'compareLayout' | 'compareOrder'>>): void {
    const moved = choice.model !== undefined || choice.dataset !== undefined;
    this.#change({ ...choice, ...(moved ? { units: [] } : {}) });
  }

  /** Changes what the page “Find” looks for; `kind` joins quick changes, such as typing, into one step of undo. */
  setFind(find: Partial<FindState>, kind: string | null = null): void {
    this.#change({ find: { ...this.view.find, ...find } }, kind);
  }

  /** Opens the page “Find” with this to look for. */
  openFind(find: Partial<FindState>): void {
    this.#change({ find: { ...this.view.find, ...find }, page: 'find' });
  }

  setLinkThreshold(linkThreshold: number): void {
    this.#change({ linkThreshold }, 'links');
  }

  setLinkWidth(linkWidth: number): void {
    this.#change({ linkWidth }, 'width');
  }

  setColourScale(colourScale: ViewState['colourScale']): void {
    this.#change({ colourScale });
  }

  setColourWords(colourWords: ViewState['colourWords']): void {
    this.#change({ colourWords });
  }

  setChipAlign(chipAlign: ViewState['chipAlign']): void {
    this.#change({ chipAlign });
  }

  reset(): void {
    if (this.#first) this.#change(this.#first);
  }

  undo(): void {
    const view = this.#history.undo(this.view);
    if (view) this.#show(view);
  }

  redo(): void {
    const view = this.#history.redo(this.view);
    if (view) this.#show(view);
  }

  // Links.

  /** The fragment that restores this view, without `#`. */
  link(): string {
    return writeLink(this.view, this.model?.hash ?? '');
  }

  /** The whole address that restores this view on the full page. */
  linkAddress(): string {
    return `${this.layout === 'page' ? this.#address.page : this.#options.page}#${this.link()}`;
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
    this.#asked.clear();
    if (this.source) this.#refresh();
    else void this.start();
  }

  #fail(place: Place, error: unknown): void {
    this.problems[place] = toProblem(error, place);
  }

  #follow(fragment: string): ViewState | null {
    if (!this.source || !this.#first) return null;
    try {
      const link = readLink(fragment, this.#first);
      if (!link) return null;
      const { view, notes } = fitView(link.view, this.source.manifest);
      const dataset = this.source.manifest.datasets.find((entry) => entry.name === view.dataset);
      const model = dataset && modelAt(modelOf(dataset, view.model), view.epoch);
      if (model && !notes.length && link.modelHash && link.modelHash !== model.hash) {
        notes.push(`The link was made with another training of ${model.title}: units, groups and numbers may differ from what was sent.`);
      }
      if (view.sentence === null && (view.page === 'picture' || view.page === 'compare')) notes.push('The link names no sentence.');
      this.notice = notes.length ? notes.join(' ') : null;
      return view;
    } catch (error) {
      if (!(error instanceof LinkProblem)) throw error;
      this.notice = `The link cannot be followed: ${error.message}. The usual first view is shown.`;
      return null;
    }
  }

  #change(patch: Partial<ViewState>, kind: string | null = null): void {
    if (!this.source) return;
    this.#apply(fitView({ ...this.view, ...patch }, this.source.manifest).view, kind);
  }

  #apply(view: ViewState, kind: string | null): void {
    if (JSON.stringify(view) === JSON.stringify(this.view)) return;
    this.#history.push(this.view, kind);
    this.#show(view);
  }

  #show(view: ViewState): void {
    this.view = view;
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
    this.#address.write(this.link());
    this.#refresh();
  }

  #refresh(): void {
    const { source, dataset, model, state, view } = this;
    if (!source || !dataset || !model || !state) return;
    const scope = JSON.stringify([dataset.name, model.name, view.epoch, state.name]);
    if (this.#scope !== scope) {
      this.#scope = scope;
      this.wordResponses.clear();
      this.#asked.clear();
      this.problems = {};
    }
    this.#vocabulary.want(dataset.name, dataset.name, () => source.vocabulary(dataset));
    this.#clustering.want(scope, JSON.stringify([view.method, view.selection, view.k]), () =>
      source.clustering(state, view.method, view.selection, view.k),
    );
    const load = (key: string | null, second: boolean) => () =>
      key === null ? Promise.resolve(null) : this.#passageOf(source, dataset, model, state, key, second);
    this.#passage.want(scope, JSON.stringify(view.sentence), load(view.sentence, false));
    this.#second.want(scope, JSON.stringify(view.sentence2), load(view.sentence2, true));
    this.#wantResponses();
  }
  #scope = '';

  async #passageOf(source: Source, dataset: DatasetEntry, model: ModelEntry, state: StateEntry, key: string, second: boolean): Promise<Passage | null> {
    const loaded = await loadPassage(source, dataset, model, state, key);
    if (!loaded) await this.#replaceSentence(source, dataset, key, second);
    if (!second) this.#broken = loaded?.broken ?? null;
    else if (loaded?.broken) this.#fail('sequence', loaded.broken.error);
    return loaded?.passage ?? null;
  }
  #broken: { error: unknown } | null = null;

  /** The sentence is not in the data: another one takes its place, and that is said. */
  async #replaceSentence(source: Source, dataset: DatasetEntry, key: string, second: boolean): Promise<void> {
    if (second) {
      this.notice = 'The link names a second sentence that is not in this data.';
      return;
    }
    const other = await source.anySentence(dataset);
    if (this.view.sentence !== key || other === key) return;
    this.notice = `The sentence “${key}” that was asked for is not in this data${other === null ? '.' : '; another one is shown.'}`;
    if (other === null) return;
    this.view = { ...this.view, sentence: other, step: null };
    queueMicrotask(() => this.#refresh());
  }

  #arrived(): void {
    if (this.#broken) this.#fail('sequence', this.#broken.error);
    else this.clearProblem('sequence');
    this.#wantResponses();
  }

  #idsOf(words: readonly string[]): number[] {
    return words.map((word) => this.vocabulary?.id.get(word)).filter((id) => id !== undefined);
  }

  #wantResponses(): void {
    const { source, state } = this;
    if (!source || !state) return;
    const ids = [...this.wordIds];
    if (this.step !== null && this.sentence) ids.push(this.sentence.tokens[this.step]!);
    if (this.#hover?.kind === 'word') ids.push(this.#hover.wordId);
    const scope = this.#scope;
    for (const id of ids) {
      const key = `${scope} ${id}`;
      if (this.#asked.has(key)) continue;
      this.#asked.add(key);
      source.response(state, id).then(
        (response) => {
          if (response && scope === this.#scope) this.wordResponses.set(id, response);
        },
        (error: unknown) => {
          if (scope === this.#scope) this.#fail('words', error);
        },
      );
    }
  }
}
