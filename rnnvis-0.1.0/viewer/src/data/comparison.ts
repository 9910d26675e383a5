import type { Source } from './source';
import type { DatasetEntry, ModelEntry, StateEntry } from './types';

/** Partners in B of the members of A, by their numbers in the data: one to one, and the best of all. */
export interface Matching {
  /** −1 for none. */
  b: Int32Array;
  strength: Float32Array;
  best: Int32Array;
  bestStrength: Float32Array;
}

/** One of two states that are compared. */
export interface Compared {
  dataset: DatasetEntry;
  model: ModelEntry;
  state: StateEntry;
  epoch: number | null;
}

/** How alike two states are as wholes. */
export interface StatePair {
  /** Linear centred kernel alignment, 0 to 1; null where no text is shared. */
  cka: number | null;
  steps: number;
  sharedWords: number;
}

/** A measure of one side, with its name in the tables. */
export interface Measure {
  name: string;
  value: number;
  standardError: number | null;
  about: string;
}

/** A figure on the test text, with what simpler methods reach. */
export interface TestFigure {
  name: string;
  value: number;
  low: number | null;
  high: number | null;
  baselines: { subject: string; value: number }[];
}

interface PairKeys {
  model_a: string;
  state_a: string;
  model_b: string;
  state_b: string;
}

function keysOf(a: Compared, b: Compared): PairKeys {
  return { model_a: a.model.name, state_a: a.state.name, model_b: b.model.name, state_b: b.state.name };
}

/** Pairs are published between the last epochs of models; an earlier epoch has none. */
function published(a: Compared, b: Compared): boolean {
  return a.epoch === null && b.epoch === null;
}

function of<T extends { dataset_b?: string | null | undefined }>(
  rows: readonly T[],
  a: Compared,
  b: Compared,
): T | null {
  return rows.find((row) => (row.dataset_b ?? a.dataset.name) === b.dataset.name) ?? null;
}

function decode(row: {
  b: ArrayLike<number>;
  strength: ArrayLike<number>;
  best: ArrayLike<number>;
  best_strength: ArrayLike<number>;
}): Matching {
  return {
    b: Int32Array.from(row.b),
    strength: Float32Array.from(row.strength),
    best: Int32Array.from(row.best),
    bestStrength: Float32Array.from(row.best_strength),
  };
}

const COLUMNS = ['dataset_b', 'b', 'strength', 'best', 'best_strength'] as const;

/** Which unit of B answers to which unit of A; null where it was not published. */
export async function unitMatching(source: Source, a: Compared, b: Compared): Promise<Matching | null> {
  if (!published(a, b)) return null;
  const rows = (await source.table(a.dataset, 'unit_matches')?.where(keysOf(a, b), COLUMNS)) ?? [];
  const row = of(rows, a, b);
  return row && decode(row);
}

/** Which unit cluster of B answers to which of A, for one co-clustering; null where it was not published. */
export async function clusterMatching(
  source: Source,
  a: Compared,
  b: Compared,
  by: { method: string; selection: string; k: number },
): Promise<Matching | null> {
  if (!published(a, b)) return null;
  const { method, selection, k } = by;
  const rows =
    (await source.table(a.dataset, 'cluster_matches')?.where({ ...keysOf(a, b), method, selection, k }, COLUMNS)) ?? [];
  const row = of(rows, a, b);
  return row && decode(row);
}

export async function statePair(source: Source, a: Compared, b: Compared): Promise<StatePair | null> {
  if (!published(a, b)) return null;
  const rows =
    (await source
      .table(a.dataset, 'state_pairs')
      ?.where(keysOf(a, b), ['dataset_b', 'cka', 'steps', 'shared_words'])) ?? [];
  const row = of(rows, a, b);
  return row && { cka: row.cka ?? null, steps: Number(row.steps), sharedWords: row.shared_words };
}

export async function stateMeasures(source: Source, { state }: Compared): Promise<Measure[]> {
  const rows =
    (await source.table(state, 'state_measures')?.all(['measure', 'value', 'standard_error', 'about'])) ?? [];
  return rows.map((row) => ({
    name: row.measure,
    value: row.value,
    standardError: row.standard_error ?? null,
    about: row.about,
  }));
}

/** The model's own figures on the test text, each with those of the methods that it is held against. */
export async function testFigures(source: Source, { model }: Compared): Promise<TestFigure[]> {
  const rows = (await source.metrics(model)).filter((row) => row.split === 'test' || row.split === 'recorded');
  return rows
    .filter((row) => row.subject === 'this model')
    .map(({ measure, value, low, high }) => ({
      name: measure,
      value,
      low: low ?? null,
      high: high ?? null,
      baselines: rows
        .filter((row) => row.measure === measure && row.subject !== 'this model' && !row.subject.startsWith('mean of'))
        .map((row) => ({ subject: row.subject, value: row.value })),
    }));
}
