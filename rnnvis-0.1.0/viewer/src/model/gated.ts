/** States that a gate keeps, taken from a run of the model in the page. */

import type { Ran } from '../infer/types';

/** What a gated state keeps: h of a GRU by its update gate, c of an LSTM by its forget gate. */
export interface Gated {
  states: Float32Array;
  before: Float32Array;
  kept: Float32Array;
  /** By what the answer reads it: 1, or the h of an LSTM as a share of its c. */
  opened: Float32Array;
  units: number;
  reversed: boolean;
}

/** Null where no gate keeps the state, or a projection stands between what is kept and what is read. */
export function gatedOf({ states, gates }: Pick<Ran, 'states' | 'gates'>, state: string): Gated | null {
  const layer = state.replace(/\.[^.]+$/, '');
  const [h, c] = [states[`${layer}.h`], states[`${layer}.c`]];
  const kept = gates?.['forget'] ?? gates?.['update'];
  const of = gates?.['forget'] ? c : h;
  if (!kept || !of || !h || h.units !== of.units || kept.length !== of.values.length) return null;
  const { length, units, values, initial, reversed = false } = of;
  const before = new Float32Array(values.length);
  for (let step = 0; step < length; step++) {
    const earlier = reversed ? step + 1 : step - 1;
    const from = earlier < 0 || earlier >= length ? initial : values.subarray(earlier * units, (earlier + 1) * units);
    before.set(from, step * units);
  }
  const opened = Float32Array.from(values, (value, i) => (of === h ? 1 : value ? h.values[i]! / value : 0));
  return { states: values, before, kept, opened, units, reversed };
}
