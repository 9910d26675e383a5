import { followedClass } from '../data/answer';
import { isMade, unswitched } from '../data/made';
import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry, StateEntry } from '../data/types';
import { firstView, modelAt, modelOf, stateOf, UNITS, WORDS } from './defaults';
import { fitView } from './fit';
import { freshFind, type FindState } from './find';
import { History } from './history';
import { fitsLink } from './link';
import type { PageName } from './pages';
import type { Tree } from './tree';
import type { Focus, HeldNumber, ViewState } from './types';
import { MEASURE_KEYS } from './unitList';

/** With another of these the chips and clouds are others. */
const GROUPED = ['dataset', 'model', 'state', 'epoch', 'method', 'selection', 'k'] as const;
/** What gives the clusters of B other numbers. */
const GROUPED_B = ['b', 'compareOrder'] as const;

/** What is chosen, and every action that chooses. Each is one step of undo, fits the data, and stands in the link. */
export abstract class Choices {
  /** Replaced at every change, never changed in place. */
  view = $state.raw<ViewState>({} as ViewState);
  source = $state.raw<Source | null>(null);
  canUndo = $state(false);
  canRedo = $state(false);
  protected first: ViewState | null = null;
  readonly #history = new History<ViewState>();

  // What the view names, in the manifest.
  dataset = $derived.by<DatasetEntry | null>(
    () => this.source?.manifest.datasets.find((entry) => entry.name === this.view.dataset) ?? null,
  );
  /** As it was at the chosen epoch. */
  model = $derived.by<ModelEntry | null>(
    () => this.dataset && modelAt(modelOf(this.dataset, this.view.model), this.view.epoch),
  );
  state = $derived.by<StateEntry | null>(() => this.model && stateOf(this.model, this.view.state));

  /** The class whose pushes and probability are shown, from 0; null without classes. */
  followed = $derived(followedClass(this.model, this.view.towards ?? null));
  /** What it is called; null without classes. */
  towards = $derived(this.followed === null ? null : (this.model?.classes[this.followed] ?? null));

  /** Loads what the view needs, and shows it; a new `step` is one that the browser's Back takes back. */
  protected abstract show(view: ViewState, step: boolean): void;

  setDataset(name: string): void {
    if (this.source && name !== this.view.dataset) this.change({ ...firstView(this.source.manifest, name) });
  }

  /** Another dataset at the sentence of this key, as what a decoder says of what its encoder read. */
  openBeside(name: string, key: string, step: number | null = null, state: string | null = null): void {
    if (!this.source || name === this.view.dataset) return;
    const { model, epoch, method, selection, k } = this.view;
    const first = firstView(this.source.manifest, name);
    const wanted = { ...first, model, epoch, method, selection, k, state: state ?? first.state, sentence: key, step };
    this.change(fitView(wanted, this.source.manifest).view);
  }

  /** Another model, in that state of it, or in the one that has the name of the state that is left. */
  setModel(name: string, wanted = this.view.state): void {
    if (!this.dataset) return;
    const state = stateOf(modelOf(this.dataset, name), wanted);
    const kept = this.view.page === 'unit' ? this.view.units.slice(0, 1) : [];
    const { sentence, sentence2, tree } = this.view;
    this.change({
      model: name,
      epoch: null,
      state: state.name,
      units: kept,
      // What is held are units of the model that was left.
      sentence: sentence && unswitched(sentence),
      sentence2: sentence2 && unswitched(sentence2),
      tree: tree && { ...tree, root: unswitched(tree.root) },
    });
  }

  /** Another state or layer, with the whole selection kept; units keep their numbers, as many as the state has. */
  setState(name: string): void {
    this.change({ state: name });
  }

  setClusters(k: number): void {
    this.change({ k }, 'k');
  }

  setMethod(method: string): void {
    this.change({ method });
  }

  setSelection(selection: string): void {
    this.change({ selection });
  }

  /** Shows a sentence in the picture, or where pages show one already. */
  setSentence(key: string, step: number | null = null, stay = this.view.page === 'compare'): void {
    const beside = this.view.page === 'picture' ? {} : { sentence2: null, step2: null };
    this.change({
      sentence: key,
      step,
      ...(key === this.view.sentence ? {} : { range: null }),
      ...beside,
      focus: 'step',
      page: stay ? this.view.page : 'picture',
    });
  }

  /** Shows a sentence that is made in the page; what is typed quickly is one step of undo. */
  setMade(key: string, step = this.view.step): void {
    const { sentence2, focus } = this.view;
    // What was made of the sentence before says nothing of this one.
    const beside = isMade(sentence2) ? { sentence2: null, step2: null } : {};
    this.change({ sentence: key, step, range: null, ...beside, focus: focus === 'word' ? 'word' : 'step' }, 'made');
  }

  /** The second sentence takes the place of the first. */
  keepSecond(sentence: string, step: number | null): void {
    this.change({ sentence, step, sentence2: null, step2: null, range: null, focus: 'step' });
  }

  /** Sets a second sentence beside the first. With a word of each pinned, the chips show the difference of what these did. */
  setSecond(key: string, step: number | null = null, first = this.view.step): void {
    this.change({
      step: first,
      sentence2: key,
      step2: step,
      focus: step !== null && first !== null ? 'difference' : 'step',
      page: 'picture',
    });
  }

  /** Shows a sentence, and beside it what was made of it. */
  setPair(sentence: string, sentence2: string): void {
    const from = { sentence, step: null, range: null, sentence2, step2: null };
    this.change({ ...from, focus: this.view.focus === 'word' ? 'word' : 'step', page: 'picture' });
  }

  /** Another first sentence; the second one stays beside it. */
  setFirst(sentence: string, step: number | null): void {
    const second = sentence === this.view.sentence2 ? { sentence2: null, step2: null } : {};
    this.change({ sentence, step, range: null, ...second });
  }

  /** Another tree of continuations; null for none. With `shown` its word stands beside what is continued. */
  setTree(tree: Tree | null, shown: Partial<Pick<ViewState, 'sentence' | 'step' | 'sentence2' | 'step2'>> = {}): void {
    this.change({ tree, ...shown });
  }

  removeSecond(): void {
    this.change({ sentence2: null, step2: null, focus: this.view.focus === 'word' ? 'word' : 'step' });
  }

  pinSecond(step: number | null): void {
    const completes = this.view.step2 === null && this.view.step !== null && step !== null;
    this.change(
      { step2: step, focus: completes || this.view.focus === 'difference' ? 'difference' : 'second' },
      'step2',
    );
  }

  /** Brushes a range of steps of the sentence, both ends included. */
  setRange(range: [number, number] | null): void {
    this.change({ range }, range && 'range');
  }

  setEpoch(epoch: number | null): void {
    this.change({ epoch }, 'epoch');
  }

  /** Shows pushes, effects and probability of another class of several. */
  setTowards(towards: number | null): void {
    this.change({ towards }, 'towards');
  }

  pinStep(step: number | null): void {
    const completes = this.view.sentence2 !== null && this.view.step === null && this.view.step2 !== null;
    this.change(
      { step, focus: step !== null && (completes || this.view.focus === 'difference') ? 'difference' : 'step' },
      'step',
    );
  }

  /** Selects or deselects a word. A newly selected word colours the chips; a fourth takes the place of the third. */
  toggleWord(text: string): void {
    if (this.view.words.includes(text)) this.removeWord(text);
    else this.change({ words: [...this.view.words.slice(0, WORDS - 1), text], focus: 'word', focusWord: text });
  }

  removeWord(text: string): void {
    const words = this.view.words.filter((word) => word !== text);
    this.change({ words, focusWord: null, focus: words.length ? this.view.focus : 'step' });
  }

  /** Colours the chips by a selected word, or by the pinned step. */
  setFocus(focus: Exclude<Focus, 'word'> | { word: string }): void {
    this.change(typeof focus === 'string' ? { focus } : { focus: 'word', focusWord: focus.word });
  }

  /** Shows or hides what of each word is in the answer. */
  setMemory(memory: boolean): void {
    this.change({ memory });
  }

  /** Follows these units along the sentence, up to three. */
  followUnits(units: readonly number[]): void {
    this.change({ units: units.filter((unit, i) => units.indexOf(unit) === i).slice(0, UNITS) });
  }

  /** Shows what words pushed the answer by, or what they moved. */
  setShows(shows: ViewState['shows']): void {
    this.change({ shows });
  }

  toggleUnit(unit: number): void {
    const units = this.view.units.includes(unit)
      ? this.view.units.filter((other) => other !== unit)
      : [...this.view.units.slice(0, UNITS - 1), unit];
    this.change({ units, page: this.view.page });
  }

  /** Opens the page of a unit; its list of units keeps the order of the page “Units” where one came from there. */
  openUnit(unit: number): void {
    const { page, units, unitRail, unitSort } = this.view;
    if (page !== 'unit') this.#unitFrom = page;
    const order = unitSort === 'unit' ? unitSort : MEASURE_KEYS.find((key) => key === unitSort);
    this.change(
      {
        units: [unit, ...units.filter((other) => other !== unit)].slice(0, UNITS),
        page: 'unit',
        unitRail: page === 'units' && order ? order : unitRail,
      },
      'unit',
    );
  }

  /** Leaves the page of a unit for the page that it was opened from. */
  closeUnit(): void {
    this.openPage(this.#unitFrom);
  }
  #unitFrom: PageName = 'picture';

  openPage(page: PageName): void {
    this.change({ page });
  }

  setUnitRail(unitRail: ViewState['unitRail']): void {
    this.change({ unitRail });
  }

  setUnitWords(unitWords: ViewState['unitWords']): void {
    this.change({ unitWords });
  }

  /** What the page “Map” shows; zooming on is one step of undo. */
  setMap(patch: Partial<Pick<ViewState, 'mapMethod' | 'mapItems' | 'mapColour' | 'mapZoom'>>): void {
    this.change(patch, patch.mapZoom && !patch.mapMethod ? 'map' : null);
  }

  /** Order and filters of the page “Units”; quick changes of one filter are one step of undo. */
  setUnitList(
    patch: Partial<
      Pick<ViewState, 'unitSort' | 'unitDescending' | 'unitRanges' | 'unitText' | 'unitChip' | 'unitColumns'>
    >,
  ): void {
    this.change(patch, `units ${Object.keys(patch).join(' ')}`);
  }

  setSql(sql: string): void {
    this.change({ sql: fitsLink(sql) ? sql : '' }, 'sql');
  }

  /** Choices of the page “Compare”; those of A are the view's own. */
  compare(
    choice: Partial<
      Pick<ViewState, 'dataset' | 'model' | 'state' | 'epoch' | 'b' | 'compareLayout' | 'compareOrder' | 'apart'>
    >,
    kind: string | null = null,
  ): void {
    const moved = choice.model !== undefined || choice.dataset !== undefined;
    this.change({ ...choice, ...(moved ? { units: [] } : {}) }, kind);
  }

  /** Changes what the page “Find” looks for; `kind` joins quick changes, such as typing, into one step of undo. */
  setFind(find: Partial<FindState>, kind: string | null = null): void {
    this.change({ find: { ...this.view.find, ...find } }, kind);
  }

  /** Opens the page “Find” with this to look for: conditions of an earlier search of the kind are dropped. */
  openFind(find: Partial<FindState> & Pick<FindState, 'mode'>): void {
    this.change({ find: { ...this.view.find, ...freshFind(find.mode), ...find }, page: 'find' });
  }

  /** Holds a chip or a cloud, or lets it go. */
  hold(held: HeldNumber | null): void {
    this.change({ held });
  }

  setLinkThreshold(linkThreshold: number): void {
    this.change({ linkThreshold }, 'links');
  }

  setLinkWidth(linkWidth: number): void {
    this.change({ linkWidth }, 'width');
  }

  setColourScale(colourScale: ViewState['colourScale']): void {
    this.change({ colourScale });
  }

  setColourWords(colourWords: ViewState['colourWords']): void {
    this.change({ colourWords });
  }

  setChipAlign(chipAlign: ViewState['chipAlign']): void {
    this.change({ chipAlign });
  }

  /** Back to the first view. */
  reset(): void {
    if (this.first) this.change(this.first);
  }

  undo(): void {
    const view = this.#history.undo(this.view);
    if (view) this.show(view, false);
  }

  redo(): void {
    const view = this.#history.redo(this.view);
    if (view) this.show(view, false);
  }

  protected change(patch: Partial<ViewState>, kind: string | null = null): void {
    if (!this.source) return;
    const differs = (key: keyof ViewState): boolean => key in patch && patch[key] !== this.view[key];
    const other = GROUPED.some(differs) || (this.view.held?.side === 'b' && GROUPED_B.some(differs));
    const view = { ...this.view, ...(other ? { held: null } : {}), ...patch };
    this.apply(fitView(view, this.source.manifest).view, kind);
  }

  /** Shows a view as one step of undo; `own` where the step is not one that the browser made by itself. */
  protected apply(view: ViewState, kind: string | null, own = true): void {
    if (JSON.stringify(view) === JSON.stringify(this.view)) return;
    const step = this.#history.push(this.view, kind);
    this.show(view, step && own);
  }

  protected tellHistory(): void {
    this.canUndo = this.#history.canUndo;
    this.canRedo = this.#history.canRedo;
  }
}
