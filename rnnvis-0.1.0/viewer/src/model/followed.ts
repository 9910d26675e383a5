import type { StateSequence } from '../data/types';

/** A unit along a sentence. */
export interface Followed {
  unit: number;
  /** The state after each step. */
  values: Float32Array;
}

/** The chosen units along the sentence, and the largest value of any of them, in size: the one scale of their lines. */
export function followed(
  sequence: StateSequence | null,
  units: readonly number[],
): { list: Followed[]; largest: number } {
  if (!sequence) return { list: [], largest: 0 };
  const list = units
    .filter((unit) => unit < sequence.units)
    .map((unit) => ({
      unit,
      values: Float32Array.from(
        { length: sequence.length },
        (_, step) => sequence.values[step * sequence.units + unit]!,
      ),
    }));
  let largest = 0;
  for (const { values } of list) for (const value of values) largest = Math.max(largest, Math.abs(value));
  return { list, largest };
}

interface Paced {
  unit: number;
  timeScale: number | null;
  gateTimeScale: number | null;
}

/** Words until a share 1/e is left, by unit: of the units themselves, or where that is known of none, of their gates. */
export function paces(rows: readonly Paced[]): Map<number, number> {
  const of = (key: 'timeScale' | 'gateTimeScale'): [number, number][] =>
    rows.flatMap((row) => (row[key] === null ? [] : [[row.unit, row[key]]]));
  const own = of('timeScale');
  return new Map(own.length ? own : of('gateTimeScale'));
}

/** The unit that remembers longest, and the one that forgets first; null where no two time-scales differ. */
export function slowestAndFastest(known: ReadonlyMap<number, number>): { slowest: number; fastest: number } | null {
  const order = [...known].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const [first, last] = [order[0], order.at(-1)];
  return first && last && first[1] > last[1] ? { slowest: first[0], fastest: last[0] } : null;
}
