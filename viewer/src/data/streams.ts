import { quantile } from 'd3-array';
import type { Source } from './source';
import type { ModelEntry, StateEntry } from './types';

/** A unit in a class of age of its stream: steps from `age` on, before `until`. */
export interface Aged {
  age: number;
  until: number;
  streams: number;
  mean: number;
  /** In standard deviations of the young state; null of a unit that never changes while young. */
  drift: number | null;
  standardError: number | null;
}

/** A unit by age, youngest first, and between what the middle half of all units is there. */
export interface Drift {
  unit: number;
  ages: Aged[];
  middle: { low: number; high: number }[];
}

/** How far the answer from the last `steps` alone is from that of the whole past. */
export interface Remembered {
  steps: number;
  distance: number;
  standardError: number | null;
  answers: number;
}

/** Every unit by age of its stream; empty where no drift was published. */
export async function agedUnits(source: Source, state: StateEntry): Promise<Map<number, Aged[]>> {
  const columns = ['unit', 'age', 'until', 'streams', 'mean', 'drift', 'standard_error'] as const;
  const found = new Map<number, Aged[]>();
  for (const row of (await source.table(state, 'unit_drift')?.all(columns)) ?? []) {
    const { age, until, streams, mean } = row;
    const of = found.get(row.unit) ?? [];
    of.push({ age, until, streams, mean, drift: row.drift ?? null, standardError: row.standard_error ?? null });
    found.set(row.unit, of);
  }
  for (const of of found.values()) of.sort((a, b) => a.age - b.age);
  return found;
}

/** One unit of them, beside all; null where nothing is known of it. */
export function driftOf(units: ReadonlyMap<number, readonly Aged[]>, unit: number): Drift | null {
  const ages = units.get(unit);
  if (!ages?.length) return null;
  const middle = ages.map(({ age }) => {
    const all = [...units.values()].flatMap((of) => of.find((one) => one.age === age)?.drift ?? []);
    return { low: quantile(all, 0.25) ?? 0, high: quantile(all, 0.75) ?? 0 };
  });
  return { unit, ages: [...ages], middle };
}

/** What a model's answers remember, fewest steps first; empty where that was not published. */
export async function rememberedOf(source: Source, model: ModelEntry): Promise<Remembered[]> {
  const columns = ['steps', 'distance', 'standard_error', 'answers'] as const;
  const rows = (await source.table(model, 'remembered')?.all(columns)) ?? [];
  return rows
    .map(({ steps, distance, standard_error, answers }) => ({
      steps,
      distance,
      standardError: standard_error ?? null,
      answers: Number(answers),
    }))
    .sort((a, b) => a.steps - b.steps);
}
