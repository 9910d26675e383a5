import { extent } from 'd3-array';
import { KEEPING_GATES, UNIT_MEASURES, type Placeholder } from '../data/figures';
import type { MeasureSpec } from '../data/said';
import type { Feature, UnitRow } from '../data/types';
import type { MeasureKey } from '../state/unitList';
import { fixed, percent } from './format';
import { inNouns, nounsOf, type Nouns } from './nouns';
import { bits, natDigits, numberText } from './numbers';

/** One measure of a unit: what it is called, how it reads, and how the rail sorts by it. */
export interface Measure<Key extends string = MeasureKey> {
  key: Key;
  title: string;
  /** What it is, in a sentence. */
  help: string;
  /** In a few words, what the figure of this unit is. */
  about: (row: UnitRow) => string;
  value: (row: UnitRow) => number | null;
  text: (value: number) => string;
  /** 100 where people read and type it in per cent. */
  scale: 1 | 100;
  /** Where nothing is: the line from which the rail's dots stand away. */
  base: number;
  /** What the rail sorts by, largest first. */
  rank: (value: number) => number;
  /** Where a unit's page has it; `more` only sorts the rail. */
  group: MeasureSpec['group'];
  /** The feature of the step that it is about, where it is one of several. */
  row: string | null;
  /** Its standard error, where it has one. */
  error?: (row: UnitRow) => number | null;
  /** Both in one, where a list shows both. */
  withError?: (row: UnitRow) => string;
  /** Its sign is not the state's, so that it has not the state's colours. */
  colourless?: boolean;
}

/** One that is declared, or the response to a word that somebody asked for. */
export type ListMeasure = Measure<MeasureKey | 'moved'>;

interface Naming {
  /** Kind of the state: h, c, … */
  kind: string;
  /** GRU, LSTM, … */
  cell: string;
  /** Name of the class that the head calls 1; null without a classifier. */
  positive: string | null;
  /** What steps and sentences are called, where not words and sentences. */
  nouns?: Nouns;
}

const same = (value: number): number => value;

/** The published row of a unit that a measure reads. */
const READ: Record<MeasureSpec['table'], (row: UnitRow, at: string | null) => object | null | undefined> = {
  units: (row) => row,
  selectivity: (row, feature) => row.told?.[feature as Feature],
  unit_ablation: (row) => row.without,
  unit_drift: (row) => row.oldest,
};

type Cell = (row: UnitRow) => number | null;

function cellOf({ table, row: at }: MeasureSpec, column: string): Cell {
  const read = READ[table];
  return (row) => {
    const value = (read(row, at) as Record<string, unknown> | null | undefined)?.[column];
    return typeof value === 'number' ? value : null;
  };
}

function valueOf(spec: MeasureSpec): Cell {
  const [plain, over] = [cellOf(spec, spec.column), cellOf(spec, spec.over)];
  return (row) => {
    const value = plain(row);
    if (value === null || !(spec.eitherSide || spec.over)) return value;
    if (spec.eitherSide) return Math.max(value, 1 - value);
    const by = over(row);
    return by ? value / by : null;
  };
}

/** The measures that mean something here, as declared: one whose column is empty for every unit is left out. */
export function measuresFor(naming: Naming, rows: readonly UnitRow[]): Measure[] {
  return UNIT_MEASURES.map((spec) => measureOf(spec, naming, rows)).filter((measure) =>
    rows.some((row) => known(measure.value(row))),
  );
}

function measureOf(
  spec: (typeof UNIT_MEASURES)[number],
  { kind, cell: of, positive, nouns = nounsOf(null) }: Naming,
  rows: readonly UnitRow[],
): Measure {
  const [value, plain, chance, error] = [
    valueOf(spec),
    ...[spec.column, 'shuffled', spec.error].map((column) => cellOf(spec, column)),
  ] as [Cell, Cell, Cell, Cell];
  const rank = spec.rankedBy === 'size' ? Math.abs : same;
  const text = numberText({ ...spec, unit: inNouns(spec.unit, nouns) });
  let places: Map<number, number> | null = null;
  const placed = (): Map<number, number> => {
    const clear = rows.filter((row) => known(value(row))).sort((a, b) => rank(value(b)!) - rank(value(a)!));
    return (places ??= new Map(clear.map((row, i) => [row.unit, i + 1])));
  };
  const named = { kind, gate: KEEPING_GATES[of.toUpperCase()] ?? 'Gate', positive: positive ?? 'the second class' };
  const figures: Record<Exclude<Placeholder, keyof typeof named>, (row: UnitRow) => string> = {
    side: (row) => ((plain(row) ?? 1) < 0.5 ? 'low' : 'high'),
    saturated: ({ saturation }) =>
      saturation === null
        ? 'mean over every step'
        : saturation === 0
          ? 'never saturated'
          : `${percent(saturation)} of steps saturated`,
    chance: (row) => bits(chance(row) ?? NaN),
    error: (row) =>
      error(row) ? `± ${fixed(error(row)!, natDigits(error(row)!))}, its standard error` : 'standard error not known',
    place: (row) =>
      `number ${placed().get(row.unit)} of ${placed().size}${Math.abs(value(row) ?? 0) < 2 ? ', may be noise' : ''}`,
  };
  const fill = (words: string, row?: UnitRow): string =>
    inNouns(words, nouns).replace(/\{(\w+)\}/g, (_, name: Placeholder) =>
      name in named ? named[name as keyof typeof named] : row ? figures[name as keyof typeof figures](row) : '',
    );
  return {
    key: spec.key,
    title: fill(spec.title),
    help: fill(spec.help),
    about: (row) => fill(spec.about, row),
    value,
    text,
    scale: spec.format === 'share' ? 100 : 1,
    base: spec.base,
    rank,
    group: spec.group,
    row: spec.row,
    ...(spec.error ? { error } : {}),
    colourless: spec.signless,
  };
}

function known(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

/** Units from the largest to the smallest rank, those without the measure last; by number without a measure. */
export function ranked(rows: readonly UnitRow[], measure: Measure | null): UnitRow[] {
  const rank = (row: UnitRow): number => {
    const value = measure ? measure.value(row) : null;
    return known(value) ? measure!.rank(value) : -Infinity;
  };
  const keyed = rows.map((row) => ({ row, key: rank(row) }));
  return keyed.sort((a, b) => (a.key === b.key ? a.row.unit - b.row.unit : b.key - a.key)).map(({ row }) => row);
}

/** Positions 0…1 of all units on one measure, for its strip; NaN where a unit has none. */
export function alongStrip(
  rows: readonly UnitRow[],
  measure: Measure,
): { low: number; high: number; at: Float64Array } {
  const values = rows.map((row) => measure.value(row));
  const finite = values.filter(known);
  const [low = Infinity, high = -Infinity] = extent(finite);
  const at = Float64Array.from(values, (value) =>
    known(value) ? (high > low ? (value - low) / (high - low) : 0.5) : NaN,
  );
  return { low, high, at };
}
