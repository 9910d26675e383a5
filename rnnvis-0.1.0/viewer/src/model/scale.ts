import type { StateEntry } from '../data/types';

const NICE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The smallest round number that is at least `value`; 1 for nothing. */
export function roundUp(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = NICE.find((nice) => nice * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(3));
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most && Number.isFinite(size)) most = size;
  }
  return most;
}

export function mean(values: ArrayLike<number>, indices: ArrayLike<number>): number {
  return indices.length ? sum(values, indices) / indices.length : NaN;
}

export function sum(values: ArrayLike<number>, indices: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < indices.length; i++) total += values[indices[i]!]!;
  return total;
}

/**
 * End of the chips' colour scale: fitted to what is shown, or one for the state (half its range; 1 if unbounded). With the
 * `weights` by which pushes are shown, that is what the heaviest unit pushes by so much of a change.
 */
export function colourLimit(
  values: ArrayLike<number> | null,
  scale: 'fit' | 'fixed',
  state: StateEntry | null,
  weights: ArrayLike<number> | null = null,
): number {
  if (scale === 'fixed') {
    const moved = state && !state.bounded ? 1 : 0.5;
    return weights ? roundUp(moved * largest(weights)) : moved;
  }
  return values ? roundUp(largest(values)) : 1;
}

/** Decimals that show a number of this size to two figures or more. */
export function digitsFor(limit: number): number {
  return limit >= 20 ? 1 : limit >= 2 ? 2 : 3;
}
