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

/** Words until a share 1/e is left, of the unit itself or else of its gate; null where neither is known. */
export function pace({ timeScale, gateTimeScale }: Omit<Paced, 'unit'>): number | null {
  return timeScale ?? gateTimeScale;
}

/** The unit that remembers longest, and the one that forgets first; null where fewer than two have a time-scale. */
export function slowestAndFastest<T extends Paced>(rows: readonly T[]): { slowest: T; fastest: T } | null {
  const known = rows.filter((row) => pace(row) !== null).sort((a, b) => pace(b)! - pace(a)! || a.unit - b.unit);
  return known.length > 1 ? { slowest: known[0]!, fastest: known.at(-1)! } : null;
}
