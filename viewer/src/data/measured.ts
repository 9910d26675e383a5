import type { UnitPairsRow } from './schema';
import { ABLATED, FEATURES, OTHER_FIELDS } from './figures';
import type { Source } from './source';
import { agedUnits } from './streams';
import type { Feature, StateEntry, Told, UnitRow, Without } from './types';

/** In the order shown. */
export const FEATURE_ORDER = Object.keys(FEATURES) as readonly Feature[];

/** A gate of a unit: its mean, and the shares of steps where it is nearly closed and nearly open. */
export interface Gate {
  gate: string;
  mean: number;
  closed: number;
  open: number;
}

/** Next words that a unit speaks for and against, strongest first. */
export interface Spoken {
  unit: number;
  raises: Int32Array;
  lowers: Int32Array;
}

/** What happens to the loss on some text without a cluster of units. */
export interface ChipEffect extends Without {
  /** Unit cluster. */
  cluster: number;
  subject: keyof typeof ABLATED;
  /** Number of the class or of the word cluster. */
  value: number;
  /** Sentences, or guesses of a language model. */
  count: number;
  /** The same for random groups of as many units, and their standard deviation. */
  random: number | null;
  randomSpread: number | null;
}

/** Every chip of one co-clustering, each held at zero. */
export interface ChipEffects {
  rows: ChipEffect[];
  /** Most clusters for which this was measured with the same method and words; 0 where it never was. */
  largest: number;
}

const SUBJECTS = Object.keys(ABLATED) as readonly (keyof typeof ABLATED)[];

/** The units, with what they tell and what happens without them where that was published. A table that fails is told to `failed`, and the rest shown. */
export async function measuredUnits(
  source: Source,
  state: StateEntry,
  failed: (error: unknown) => void,
): Promise<UnitRow[]> {
  const orNone = <T>(read: Promise<Map<number, T>>): Promise<Map<number, T>> =>
    read.catch((error: unknown) => {
      failed(error);
      return new Map<number, T>();
    });
  const [units, told, without, aged] = await Promise.all([
    source.units(state),
    orNone(selectivity(source, state)),
    orNone(unitAblation(source, state)),
    orNone(agedUnits(source, state)),
  ]);
  return units.map((row) => ({
    ...row,
    told: told.get(row.unit) ?? {},
    without: without.get(row.unit) ?? null,
    oldest: aged.get(row.unit)?.at(-1) ?? null,
  }));
}

async function selectivity(source: Source, state: StateEntry): Promise<Map<number, Partial<Record<Feature, Told>>>> {
  const found = new Map<number, Partial<Record<Feature, Told>>>();
  const columns = ['unit', 'feature', 'highest', 'lowest', ...columnsOf(OTHER_FIELDS.selectivity)] as const;
  for (const row of (await source.table(state, 'selectivity')?.all(columns)) ?? []) {
    const { unit, feature, highest, lowest } = row;
    const known = FEATURE_ORDER.find((one) => one === feature);
    if (!known) continue;
    const of = found.get(unit) ?? {};
    of[known] = { highest, lowest, ...named(OTHER_FIELDS.selectivity, row) };
    found.set(unit, of);
  }
  return found;
}

async function unitAblation(source: Source, state: StateEntry): Promise<Map<number, Without>> {
  const fields = OTHER_FIELDS.unit_ablation;
  const rows = (await source.table(state, 'unit_ablation')?.all(['unit', ...columnsOf(fields)])) ?? [];
  return new Map(rows.map((row) => [row.unit, named(fields, row)]));
}

type Fields = Readonly<Record<string, string>>;
/** The figures of a row by the names of their fields; those that may be missing are null then. */
type Named<F extends Fields, R> = { [C in keyof F & keyof R as F[C]]: R[C] };

function columnsOf<F extends Fields>(fields: F): (keyof F & string)[] {
  return Object.keys(fields);
}

function named<F extends Fields, R extends object>(fields: F, row: R): Named<F, R> {
  const values = row as Record<string, unknown>;
  return Object.fromEntries(Object.entries(fields).map(([column, name]) => [name, values[column] ?? null])) as Named<
    F,
    R
  >;
}

/** The gates of a unit; none where the cell has no gates, or they were not recorded. */
export async function gatesOf(source: Source, state: StateEntry, unit: number): Promise<Gate[]> {
  return (await source.table(state, 'gates')?.where({ unit }, ['gate', 'mean', 'closed', 'open'])) ?? [];
}

/** The pairs of words that add most to what the word alone says of a unit; none where the word before adds little. */
export async function pairsOf(source: Source, state: StateEntry, unit: number): Promise<UnitPairsRow[]> {
  const columns = ['unit', 'rank', 'before_id', 'word_id', 'count', 'mean', 'alone'] as const;
  const rows = (await source.table(state, 'unit_pairs')?.where({ unit }, columns)) ?? [];
  return [...rows].sort((a, b) => a.rank - b.rank);
}

/** The next words that a unit speaks for; null where no language model reads the state. */
export async function spokenFor(source: Source, state: StateEntry, unit: number): Promise<Spoken | null> {
  const [row] = (await source.table(state, 'units')?.where({ unit }, ['raises_next', 'lowers_next'])) ?? [];
  if (!row?.raises_next?.length) return null;
  return { unit, raises: Int32Array.from(row.raises_next), lowers: Int32Array.from(row.lowers_next ?? []) };
}

/** What happens without each chip of a co-clustering; null where the state has no such table. */
export async function chipEffects(
  source: Source,
  state: StateEntry,
  by: { method: string; selection: string; k: number },
): Promise<ChipEffects | null> {
  const table = source.table(state, 'cluster_ablation');
  if (!table) return null;
  const { method, selection, k } = by;
  const columns = [
    'cluster',
    'subject',
    'value',
    'count',
    'increase',
    'standard_error',
    'random',
    'random_spread',
  ] as const;
  const rows = await table.where({ method, selection, k }, columns);
  const effects = rows.flatMap(({ subject: name, standard_error, random, random_spread, ...row }): ChipEffect[] => {
    const subject = SUBJECTS.find((one) => one === name);
    return subject
      ? [
          {
            ...row,
            subject,
            standardError: standard_error ?? null,
            random: random ?? null,
            randomSpread: random_spread ?? null,
          },
        ]
      : [];
  });
  if (effects.length) return { rows: effects, largest: k };
  const others = await table.where({ method, selection }, ['k']);
  return { rows: [], largest: others.reduce((most, row) => Math.max(most, row.k), 0) };
}
