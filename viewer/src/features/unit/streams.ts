import type { Aged, Drift, Remembered } from '../../data/streams';
import type { Table } from '../../model/csv';
import { count, plusMinus, signed } from '../../wording/format';
import type { Series } from './paintSeries';

/** `steps 16 to 31`. */
export function aged({ age, until }: Aged): string {
  return until - age === 1 ? `step ${count(age)}` : `steps ${count(age)} to ${count(until - 1)}`;
}

export function driftSaid({ drift, standardError, streams }: Aged): string {
  if (drift === null) return 'not known: it never changes while young';
  const error = standardError === null ? '' : ` ${plusMinus(standardError)}`;
  return `${signed(drift)}${error} standard deviations, over ${count(streams)} ${streams === 1 ? 'stream' : 'streams'}`;
}

export function farSaid({ steps, distance, standardError, answers }: Remembered): string {
  const error = standardError === null ? '' : ` ${plusMinus(standardError, 3)}`;
  return `from the last ${count(steps)} ${steps === 1 ? 'step' : 'steps'} ${distance.toFixed(3)}${error}, over ${count(answers)} answers`;
}

export function driftSeries({ ages, middle }: Drift): Series {
  return {
    points: ages.map(({ age, drift, standardError }) => ({ label: count(age), value: drift, error: standardError })),
    band: middle,
  };
}

export function rememberedSeries(found: readonly Remembered[]): Series {
  return {
    points: found.map(({ steps, distance, standardError }) => ({
      label: count(steps),
      value: distance,
      error: standardError,
    })),
    band: [],
  };
}

export function driftTable({ unit, ages }: Drift): Table {
  return {
    caption: `Drift of unit ${unit} with the age of its stream`,
    columns: [
      { name: 'from step', about: 'First step of the class of age' },
      { name: 'before step', about: 'Step before which it ends' },
      { name: 'mean', about: 'Mean state there', digits: 4 },
      { name: 'drift', about: 'In standard deviations of the young state', digits: 4 },
      { name: 'standard error', about: 'Standard error of the drift', digits: 4 },
      { name: 'streams', about: 'Streams that are so old' },
    ],
    rows: ages.map(({ age, until, mean, drift, standardError, streams }) => [
      age,
      until,
      mean,
      drift,
      standardError,
      streams,
    ]),
  };
}

export function rememberedTable(found: readonly Remembered[]): Table {
  return {
    caption: 'How far the answer from the last steps alone is from that of the whole past',
    columns: [
      { name: 'steps', about: 'Last steps that are read' },
      { name: 'distance', about: 'Total variation, or the difference of a number', digits: 4 },
      { name: 'standard error', about: 'Standard error of that', digits: 4 },
      { name: 'answers', about: 'Answers that were compared' },
    ],
    rows: found.map(({ steps, distance, standardError, answers }) => [steps, distance, standardError, answers]),
  };
}
