import type { StateSequence } from '../data/types';
import { change } from './sequence';

const known = new WeakMap<object, Int32Array>();

/**
 * Units from the most raised to the most lowered by `values`, which are float32; ties keep unit order, missing values
 * come last. Keys are numbers whose high half falls as the value rises and whose low half is the unit: sorting them
 * needs no comparison in JavaScript, which 100,000 units would feel.
 */
export function descending(values: ArrayLike<number>): Int32Array {
  const before = known.get(values);
  if (before) return before;
  const single = Float32Array.from(values, (value) => (value === 0 ? 0 : Number.isNaN(value) ? -Infinity : value));
  const bits = new Uint32Array(single.buffer);
  const keys = new BigUint64Array(single.length);
  const halves = new Uint32Array(keys.buffer);
  for (let unit = 0; unit < single.length; unit += 1) {
    halves[2 * unit] = unit;
    halves[2 * unit + 1] = bits[unit]! & 0x80000000 ? bits[unit]! : 0x7fffffff - bits[unit]!;
  }
  keys.sort();
  const order = new Int32Array(single.length);
  for (let i = 0; i < order.length; i += 1) order[i] = halves[2 * i]!;
  known.set(values, order);
  return order;
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
