import type { Manifest } from '../data/types';
import { entriesOf, modelOf, stateOf } from './defaults';
import type { SideChoice, ViewState } from './types';

export function sideA(view: ViewState): SideChoice {
  return { dataset: view.dataset, model: view.model, state: view.state, epoch: view.epoch };
}

export function sameSide(a: SideChoice, b: SideChoice): boolean {
  return a.dataset === b.dataset && a.model === b.model && a.state === b.state && a.epoch === b.epoch;
}

/** What A is compared with unless somebody chose: another model, else another state, an earlier epoch, another dataset. */
export function usualB(a: SideChoice, manifest: Manifest): SideChoice | null {
  const { dataset, model, state } = entriesOf(a, manifest);
  const other = dataset.models.find(({ name }) => name !== a.model);
  if (other) {
    const same =
      other.states.find(({ name, kind }) => name === state.name && kind === state.kind) ?? stateOf(other, null);
    return { dataset: a.dataset, model: other.name, state: same.name, epoch: null };
  }
  const second = model.states.find(({ name }) => name !== a.state);
  if (second) return { ...a, state: second.name };
  const first = model.epochs?.find(({ epoch }) => epoch !== a.epoch && epoch !== model.epochs?.at(-1)?.epoch);
  if (first) return { ...a, epoch: first.epoch };
  const elsewhere =
    manifest.datasets.find(({ name, source }) => name === dataset.source || source === a.dataset) ??
    manifest.datasets.find(({ name }) => name !== a.dataset);
  if (!elsewhere) return null;
  const there = modelOf(elsewhere, a.model);
  return { dataset: elsewhere.name, model: there.name, state: stateOf(there, a.state).name, epoch: null };
}

/** Every state of every model of these datasets at its last epoch, with a name; that of the dataset only where it is not `own`. */
export function sideOptions(
  manifest: Manifest,
  datasets: readonly string[],
  own: string,
): { side: SideChoice; title: string }[] {
  return manifest.datasets
    .filter(({ name }) => datasets.includes(name))
    .flatMap((dataset) =>
      dataset.models.flatMap((model) =>
        model.states.map((state) => ({
          side: { dataset: dataset.name, model: model.name, state: state.name, epoch: null },
          title: `${dataset.name === own ? '' : `${dataset.title}: `}${shortModel(model.title, dataset.models)}, ${shortState(state.title)}`,
        })),
      ),
    );
}

/** The state's name without the layer that every single-layer model has. */
export function shortState(title: string): string {
  return title.replace(/^Layer 1, /, '');
}

/** `GRU` for `GRU, 64 units` where that still tells it from the other models. */
export function shortModel(title: string, models: readonly { title: string }[]): string {
  const short = (name: string): string => name.replace(/,? \d+ units$/, '');
  return models.filter((other) => short(other.title) === short(title)).length > 1 ? title : short(title);
}
