/** Models of which one hands its state to the other: an encoder in a dataset, and its decoder in the one that names it. */

import type { Switch } from '../data/made';
import { whyNotRunnable } from '../data/runnable';
import type { ModelEntry } from '../data/types';
import type { Reading } from './reader';

type Asking = Pick<Reading, 'source' | 'dataset' | 'model'>;

/** The model that hands over to the one of the reading, or that this one hands over to; null where there is none that can run. */
export function otherHalf({ source, dataset, model }: Asking): (Asking & { before: boolean }) | null {
  const before = Boolean(dataset.source);
  const other = source.manifest.datasets.find(({ name, source: of }) =>
    before ? name === dataset.source : of === dataset.name,
  );
  const same = other?.models.find(({ name, hash }) => name === model.name && hash === model.hash);
  if (!other || !same || whyNotRunnable(other, same) !== null) return null;
  return { source, dataset: other, model: same, before };
}

/** Encoder and decoder of which the reading is one; null where both cannot run. */
export function bothHalves(of: Asking): { encoder: Asking; decoder: Asking } | null {
  const other = whyNotRunnable(of.dataset, of.model) === null ? otherHalf(of) : null;
  if (!other) return null;
  return other.before ? { encoder: other, decoder: of } : { encoder: of, decoder: other };
}

/** What is asked of the first state of a half. */
export function readingOf({ source, dataset, model }: Asking): Reading {
  return { source, dataset, model, state: model.states[0]!, towards: null };
}

/** Those of the switches that are about `model`, and those that are about the other half. */
export function shared(switches: readonly Switch[], model: ModelEntry, other: ModelEntry | null): [Switch[], Switch[]] {
  const of = (one: ModelEntry | null, state: string): boolean =>
    Boolean(one?.states.some(({ name }) => name === state));
  const theirs = switches.filter(({ state }) => !of(model, state) && of(other, state));
  return [switches.filter((one) => !theirs.includes(one)), theirs];
}
