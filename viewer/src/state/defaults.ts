import type { DatasetEntry, EpochEntry, Manifest, ModelEntry, StateEntry } from '../data/types';
import { FIND } from './find';
import type { SideChoice, ViewState } from './types';

/** Choices that do not depend on the data. */
export const PREFERENCES = {
  range: null,
  sentence2: null,
  step2: null,
  epoch: null,
  towards: null,
  focus: 'step',
  shows: 'pushed',
  focusWord: null,
  held: null,
  units: [],
  memory: false,
  page: 'picture',
  linkThreshold: 0.35,
  linkWidth: 1,
  colourScale: 'fit',
  colourWords: 'none',
  chipAlign: 'width',
  unitRail: null,
  unitWords: 'change',
  unitSort: 'unit',
  unitDescending: false,
  unitRanges: [],
  unitText: '',
  unitChip: null,
  unitColumns: null,
  mapMethod: 'pca',
  mapItems: 'both',
  mapColour: 'cluster',
  mapZoom: { unit: null, word: null },
  sql: '',
  b: null,
  compareLayout: 'mirror',
  compareOrder: 'match',
  apart: null,
  tree: null,
  find: FIND,
} as const satisfies Partial<ViewState>;

export const WORDS = 3;
export const UNITS = 3;

export function modelOf(dataset: DatasetEntry, name: string | null): ModelEntry {
  return dataset.models.find((model) => model.name === name) ?? dataset.models[0]!;
}

const AT_EPOCH = new WeakMap<EpochEntry, ModelEntry>();

/** The model as it was after an epoch; the model itself for null, its last epoch, or an epoch that was not published. */
export function modelAt(model: ModelEntry, epoch: number | null): ModelEntry {
  const entry = model.epochs?.slice(0, -1).find((one) => one.epoch === epoch);
  if (!entry) return model;
  const known = AT_EPOCH.get(entry) ?? { ...model, hash: entry.hash, tables: entry.tables, states: entry.states };
  AT_EPOCH.set(entry, known);
  return known;
}

/** The state of that name, else the one that the head reads, else the first. */
export function stateOf(model: ModelEntry, name: string | null): StateEntry {
  return (
    model.states.find((state) => state.name === name) ??
    model.states.find((state) => state.read_by_head) ??
    model.states[0]!
  );
}

/** What a side of a comparison names, in the manifest; the model as it was at the chosen epoch. */
export interface SideEntries {
  choice: SideChoice;
  dataset: DatasetEntry;
  model: ModelEntry;
  state: StateEntry;
}

/** The entries of a side; what is not published is replaced by what is usual. */
export function entriesOf(side: SideChoice, manifest: Manifest): SideEntries {
  const dataset = manifest.datasets.find((entry) => entry.name === side.dataset) ?? manifest.datasets[0]!;
  const whole = modelOf(dataset, side.model);
  const published = whole.epochs?.slice(0, -1).some(({ epoch }) => epoch === side.epoch) ?? false;
  const epoch = published ? side.epoch : null;
  const model = modelAt(whole, epoch);
  const state = stateOf(model, side.state);
  return { choice: { dataset: dataset.name, model: whole.name, state: state.name, epoch }, dataset, model, state };
}

export function nearest(values: readonly number[], wanted: number): number {
  return values.reduce(
    (best, value) => (Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best),
    values[0] ?? wanted,
  );
}

function oneOf(values: readonly string[], wanted: string, fallback: string): string {
  return values.includes(wanted) ? wanted : (values[0] ?? fallback);
}

/** The view that a visitor sees first. */
export function firstView(manifest: Manifest, datasetName: string | null = null): ViewState {
  const dataset = manifest.datasets.find((entry) => entry.name === datasetName) ?? manifest.datasets[0]!;
  const view = dataset.view;
  const model = modelOf(dataset, view?.model ?? null);
  const state = stateOf(model, null);
  const sentence = view?.sentence ?? Object.values(dataset.probes)[0] ?? null;
  return {
    dataset: dataset.name,
    model: model.name,
    state: state.name,
    method: oneOf(state.methods, 'block', 'block'),
    selection: oneOf(state.selections, 'reliable', 'reliable'),
    k: nearest(state.k, view?.k ?? 8),
    sentence: sentence && (dataset.probes[sentence] ?? sentence),
    step: view?.step ?? null,
    words: (view?.words ?? []).slice(0, WORDS),
    ...PREFERENCES,
    units: [],
    unitRanges: [],
  };
}

export interface Fitted {
  view: ViewState;
  /** What had to be changed, in words; empty where the view fits the data. */
  notes: string[];
}

/** A view that the data can show: names that are not published are replaced, and said. */
export function fitView(view: ViewState, manifest: Manifest): Fitted {
  const notes: string[] = [];
  const dataset = manifest.datasets.find((entry) => entry.name === view.dataset);
  if (!dataset) {
    return {
      view: firstView(manifest),
      notes: [`There is no dataset “${view.dataset}” here; the first one is shown.`],
    };
  }
  const model = modelOf(dataset, view.model);
  if (model.name !== view.model) notes.push(`There is no model “${view.model}” here; ${model.title} is shown.`);
  const last = model.epochs?.at(-1)?.epoch ?? null;
  const published = model.epochs?.some(({ epoch }) => epoch === view.epoch) ?? false;
  if (view.epoch !== null && !published)
    notes.push(`Epoch ${view.epoch} of ${model.title} is not published; the last one is shown.`);
  const epoch = published && view.epoch !== last ? view.epoch : null;
  const state = stateOf(modelAt(model, epoch), view.state);
  if (state.name !== view.state && model.name === view.model)
    notes.push(`This model has no state “${view.state}”; ${state.title} is shown.`);
  const k = state.k.includes(view.k) ? view.k : nearest(state.k, view.k);
  if (k !== view.k) notes.push(`${view.k} clusters are not published; ${k} are shown.`);
  const classes = model.classes.length;
  const towards = view.towards !== null && classes > 2 && view.towards < classes - 1 ? view.towards : null;
  if (view.towards !== null && view.towards >= classes)
    notes.push(
      `${model.title} has no class numbered ${view.towards}; ${model.classes.at(-1) ?? 'what it has'} is shown.`,
    );
  const b = view.b && entriesOf(view.b, manifest).choice;
  if (JSON.stringify(b) !== JSON.stringify(view.b))
    notes.push('What the link compares with is not published; something near it is shown.');
  const units = view.units.filter((unit) => unit < state.units).slice(0, UNITS);
  const absent = view.units.filter((unit) => unit >= state.units);
  if (absent.length && model.name === view.model && state.name === view.state)
    notes.push(`${state.title} has units 0 to ${state.units - 1}; there is no unit ${absent.join(' and no unit ')}.`);
  if (view.unitChip !== null && view.unitChip > k && k === view.k)
    notes.push(`There are ${k} chips; those of chip ${view.unitChip} cannot be listed.`);
  if (view.held?.side === 'a' && view.held.number > k && k === view.k)
    notes.push(`There are ${k} clusters; ${view.held.kind} ${view.held.number} cannot be held.`);
  return {
    view: {
      ...view,
      model: model.name,
      state: state.name,
      method: oneOf(state.methods, view.method, view.method),
      selection: oneOf(state.selections, view.selection, view.selection),
      k,
      epoch,
      towards,
      sentence: view.sentence && (dataset.probes[view.sentence] ?? view.sentence),
      range: view.sentence === null ? null : view.range,
      sentence2: view.sentence === null ? null : view.sentence2 && (dataset.probes[view.sentence2] ?? view.sentence2),
      step2: view.sentence === null || view.sentence2 === null ? null : view.step2,
      words: [...new Set(view.words)].slice(0, WORDS),
      units,
      held: view.held && (view.held.side === 'b' || view.held.number <= k) ? view.held : null,
      unitChip: view.unitChip !== null && view.unitChip <= k ? view.unitChip : null,
      b,
      focus: view.page === 'compare' && view.focus !== 'word' ? 'step' : view.focus,
      page: view.page === 'unit' && !units.length ? 'picture' : view.page,
    },
    notes,
  };
}
