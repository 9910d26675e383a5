import type { StateSequence } from '../../data/types';
import { change } from '../../model/sequence';

/** Units from the most raised to the most lowered by `values`; ties keep unit order, missing values come last. */
export function descending(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, unit) => unit);
  const key = (unit: number): number => (Number.isNaN(values[unit]) ? -Infinity : values[unit]!);
  return order.sort((a, b) => (key(a) === key(b) ? a - b : key(b) - key(a)));
}

/** The step whose change of the whole state is largest: a good one to look at first. */
export function strongestStep(sequence: StateSequence): number {
  let best = 0;
  let most = -1;
  for (let step = 0; step < sequence.length; step += 1) {
    const size = change(sequence, step).reduce((sum, value) => sum + value * value, 0);
    if (size > most) [best, most] = [step, size];
  }
  return best;
}
