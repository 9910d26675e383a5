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

export function oneOf(values: readonly string[], wanted: string, fallback: string): string {
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
