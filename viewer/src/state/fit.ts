import { METHODS } from '../data/figures';
import type { Manifest } from '../data/types';
import { entriesOf, firstView, modelAt, modelOf, nearest, oneOf, stateOf, UNITS, WORDS } from './defaults';
import { sideA, usualB } from './sides';
import type { ViewState } from './types';

/** Clusters on a side, of which A has `k`; none where there is nothing to compare with. */
function clustersOf(view: ViewState, side: 'a' | 'b', k: number, manifest: Manifest): number {
  if (side === 'a') return k;
  const b = view.b ?? usualB(sideA(view), manifest);
  return b ? nearest(entriesOf(b, manifest).state.k, k) : 0;
}

/** What the view holds, if the side has so many clusters. */
function holdable(view: ViewState, k: number, manifest: Manifest): ViewState['held'] {
  return view.held && view.held.number <= clustersOf(view, view.held.side, k, manifest) ? view.held : null;
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
  const [method, selection] = [
    oneOf(state.methods, view.method, view.method),
    oneOf(state.selections, view.selection, view.selection),
  ];
  if (model.name === view.model && state.name === view.state) {
    if (method !== view.method)
      notes.push(`Nothing is grouped by “${view.method}” here; it is grouped by ${METHODS[method] ?? method}.`);
    if (selection !== view.selection)
      notes.push(`No words are grouped as “${view.selection}” here; the others are shown.`);
  }
  const units = view.units.filter((unit) => unit < state.units).slice(0, UNITS);
  const absent = view.units.filter((unit) => unit >= state.units);
  if (absent.length && model.name === view.model && state.name === view.state)
    notes.push(`${state.title} has units 0 to ${state.units - 1}; there is no unit ${absent.join(' and no unit ')}.`);
  if (view.page === 'unit' && !view.units.length) notes.push('The link names no unit; the picture is shown.');
  const find = {
    ...view.find,
    unit: Math.min(view.find.unit, state.units - 1),
    chip: Math.min(view.find.chip, k || 1),
  };
  if (find.unit !== view.find.unit && state.name === view.state && model.name === view.model)
    notes.push(`${state.title} has units 0 to ${state.units - 1}; unit ${view.find.unit} cannot be looked for.`);
  if (find.chip !== view.find.chip && k === view.k)
    notes.push(`There are ${k} chips; chip ${view.find.chip} cannot be looked for.`);
  if (view.focusWord !== null && !view.words.includes(view.focusWord))
    notes.push(`“${view.focusWord}” is not among the selected words.`);
  if (view.unitChip !== null && view.unitChip > k && k === view.k)
    notes.push(`There are ${k} chips; those of chip ${view.unitChip} cannot be listed.`);
  const held = holdable(view, k, manifest);
  if (view.held && !held && (view.held.side === 'b' || k === view.k))
    notes.push(
      `${view.held.side === 'b' ? 'What is compared with has' : 'There are'} ${clustersOf(view, view.held.side, k, manifest)} clusters; ${view.held.kind} ${view.held.number} cannot be held.`,
    );
  return {
    view: {
      ...view,
      model: model.name,
      state: state.name,
      method,
      selection,
      k,
      epoch,
      towards,
      sentence: view.sentence && (dataset.probes[view.sentence] ?? view.sentence),
      range: view.sentence === null ? null : view.range,
      sentence2: view.sentence === null ? null : view.sentence2 && (dataset.probes[view.sentence2] ?? view.sentence2),
      step2: view.sentence === null || view.sentence2 === null ? null : view.step2,
      words: [...new Set(view.words)].slice(0, WORDS),
      units,
      held,
      find,
      focusWord: view.focusWord !== null && view.words.includes(view.focusWord) ? view.focusWord : null,
      unitChip: view.unitChip !== null && view.unitChip <= k ? view.unitChip : null,
      b,
      focus: view.page === 'compare' && view.focus !== 'word' ? 'step' : view.focus,
      page: view.page === 'unit' && !units.length ? 'picture' : view.page,
    },
    notes,
  };
}
