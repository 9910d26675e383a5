import { extent } from 'd3-array';
import type { Feature, UnitRow } from '../../data/types';
import type { MeasureKey } from '../../state/unitList';
import { fixed, percent, signed } from '../chart/format';
import { bits, certainty, FEATURE_NAMES, nats, natDigits } from './told';

/** One measure of a unit: what it is called, how it reads, and how the rail sorts by it. */
export interface Measure {
  key: MeasureKey;
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
  /** Shown in the row of measures; the others only sort the rail. */
  shown: boolean;
  /** Its standard error, where it has one. */
  error?: (row: UnitRow) => number | null;
  /** Its sign is not the state's, so that it has not the state's colours. */
  colourless?: boolean;
}

interface Naming {
  /** Kind of the state: h, c, … */
  kind: string;
  /** GRU, LSTM, … */
  cell: string;
  /** Name of the class that the head calls 1; null without a classifier. */
  positive: string | null;
}

const GATES: Record<string, string> = { GRU: 'Update gate', LSTM: 'Forget gate' };
const same = (value: number): number => value;

/** The measures that mean something here: one whose column is empty for every unit is left out. */
export function measuresFor({ kind, cell, positive }: Naming, rows: readonly UnitRow[]): Measure[] {
  const clear = rows.filter((row) => certainty(row) !== null).sort((a, b) => Math.abs(certainty(b)!) - Math.abs(certainty(a)!));
  const places = new Map(clear.map((row, i) => [row.unit, i + 1]));
  const all: Measure[] = [
    {
      key: 'timeScale',
      title: 'Time-scale',
      help: 'How many words it takes until its state has mostly faded: −1 / ln of the lag-one autocorrelation',
      about: () => 'how long it remembers',
      value: (row) => row.timeScale,
      text: (value) => `${fixed(value, 1)} words`,
      scale: 1,
      base: 0,
      rank: same,
      shown: true,
    },
    {
      key: 'gateKeep',
      title: `${GATES[cell.toUpperCase()] ?? 'Gate'} keeps`,
      help: 'Mean share of its old state that the gate keeps at each word',
      about: () => 'of itself per word',
      value: (row) => row.gateKeep,
      text: percent,
      scale: 100,
      base: 0,
      rank: same,
      shown: true,
    },
    {
      key: 'meanAbsolute',
      title: `Typical size |${kind}|`,
      help: `Mean of |${kind}| over every step`,
      about: ({ saturation }) =>
        saturation === null
          ? 'mean over every step'
          : saturation === 0
            ? 'never saturated'
            : `${percent(saturation)} of steps saturated`,
      value: (row) => row.meanAbsolute,
      text: (value) => fixed(value, 2),
      scale: 1,
      base: 0,
      rank: same,
      shown: true,
    },
    {
      key: 'labelAuc',
      title: 'Tells the label',
      help: 'How well its last state alone tells the label of a test sentence: 50 % is chance, 100 % never wrong (AUC, the better side)',
      about: ({ labelAuc }) => `AUC; a ${(labelAuc ?? 1) < 0.5 ? 'low' : 'high'} value says ${positive ?? 'the second class'}`,
      value: ({ labelAuc }) => (labelAuc === null ? null : Math.max(labelAuc, 1 - labelAuc)),
      text: percent,
      scale: 100,
      base: 0.5,
      rank: same,
      shown: true,
    },
    {
      key: 'outputWeight',
      title: 'Weight to output',
      help: `What one unit of ${kind} adds to the log-odds of ${positive ?? 'the second class'}`,
      about: () => `log-odds per unit of ${kind}`,
      value: (row) => row.outputWeight,
      text: (value) => signed(value, 2),
      scale: 1,
      base: 0,
      rank: Math.abs,
      shown: true,
    },
    {
      key: 'sparsity',
      title: 'Sparsity',
      help: 'Whether few words move it (near 1) or many alike (near 0): Hoyer sparsity of its responses',
      about: () => '0 dense, 1 a single word',
      value: (row) => row.sparsity,
      text: (value) => fixed(value, 2),
      scale: 1,
      base: 0,
      rank: same,
      shown: true,
    },
    {
      key: 'saturation',
      title: 'Saturation',
      help: `Share of steps with |${kind}| > 0.9`,
      about: () => `share of steps with |${kind}| > 0.9`,
      value: (row) => row.saturation,
      text: percent,
      scale: 100,
      base: 0,
      rank: same,
      shown: false,
    },
    {
      key: 'mean',
      title: `Mean ${kind}`,
      help: `Mean of ${kind} over every step, with its sign`,
      about: () => 'over every step',
      value: (row) => row.mean,
      text: (value) => signed(value, 2),
      scale: 1,
      base: 0,
      rank: same,
      shown: false,
    },
    tells('part_of_speech', 'speechBits', 'Tells part of speech'),
    tells('label', 'labelBits', 'Tells label (bits)'),
    tells('position', 'positionBits', 'Tells position'),
    {
      key: 'lossWithout',
      title: 'Loss without it',
      help: 'By how much the loss on held-out text rises when the unit is held at zero, in nats. The largest means are often noise: see them in standard errors',
      about: ({ without }) => (without?.standardError ? `± ${fixed(without.standardError, natDigits(without.standardError))}, its standard error` : 'standard error not known'),
      value: ({ without }) => without?.increase ?? null,
      text: nats,
      scale: 1,
      base: 0,
      rank: same,
      shown: false,
      error: ({ without }) => without?.standardError ?? null,
      colourless: true,
    },
    {
      key: 'lossCertainty',
      title: 'Effect over error',
      help: 'The rise of the loss without the unit, in its standard errors: clear effects come first, whatever their size. Within ±2 it may be noise',
      about: (row) => `number ${places.get(row.unit)} of ${places.size}${Math.abs(certainty(row) ?? 0) < 2 ? ', may be noise' : ''}`,
      value: certainty,
      text: (value) => `${signed(value, 1)} std. errors`,
      scale: 1,
      base: 0,
      rank: Math.abs,
      shown: false,
      colourless: true,
    },
  ];
  return all.filter((measure) => rows.some((row) => known(measure.value(row))));
}

/** How much the state tells about a feature. */
function tells(feature: Feature, key: MeasureKey, title: string): Measure {
  return {
    key,
    title,
    help: `How much its state tells about the ${FEATURE_NAMES[feature]}: mutual information over every step, in bits; 0 is nothing`,
    about: ({ told }) => `chance gives ${bits(told?.[feature]?.shuffled ?? NaN)}`,
    value: ({ told }) => told?.[feature]?.bits ?? null,
    text: bits,
    scale: 1,
    base: 0,
    rank: same,
    shown: false,
  };
}

function known(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}

/** Units from the largest to the smallest rank, those without the measure last; by number without a measure. */
export function ranked(rows: readonly UnitRow[], measure: Measure | null): UnitRow[] {
  const key = (row: UnitRow): number => {
    const value = measure ? measure.value(row) : null;
    return known(value) ? measure!.rank(value) : -Infinity;
  };
  return [...rows].sort((a, b) => (key(a) === key(b) ? a.unit - b.unit : key(b) - key(a)));
}

/** Positions 0…1 of all units on one measure, for its strip; NaN where a unit has none. */
export function alongStrip(rows: readonly UnitRow[], measure: Measure): { low: number; high: number; at: Float64Array } {
  const values = rows.map((row) => measure.value(row));
  const finite = values.filter(known);
  const [low = Infinity, high = -Infinity] = extent(finite);
  const at = Float64Array.from(values, (value) =>
    known(value) ? (high > low ? (value - low) / (high - low) : 0.5) : NaN,
  );
  return { low, high, at };
}
