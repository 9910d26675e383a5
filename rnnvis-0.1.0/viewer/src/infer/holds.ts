/** States held from outside, as they enter the steps of a layer; the meaning is that of `rnnvis.recording.holding`. */

import { refused } from './fault';
import type { Part, Place, Spec } from './parts';
import type { Held } from './types';

export interface Hold {
  part: Part;
  units: Int32Array;
  /** One number a unit; null: what the unit was before the step, or `scale` times the state. */
  values: Float32Array | null;
  scale: number | null;
  /** Words from the lower to the upper, both included. */
  low: number;
  high: number;
  /** Equal where the same is held, whatever the words. */
  key: string;
}

/** The holds of a layer in order; throws `DataProblem` for a state, a unit or a value that there is not. */
export function holdsOf(spec: Spec, held: readonly Held[]): Map<string, Hold[]> {
  const found = new Map<string, Hold[]>();
  for (const one of held) {
    const place = spec.places.get(one.state);
    if (!place)
      throw refused(
        `There is no state “${one.state}” to hold`,
        `Its states are ${[...spec.places.keys()].join(', ')}.`,
      );
    const { name } = place.layer;
    found.set(name, [...(found.get(name) ?? []), holdOf(one, place)]);
  }
  return found;
}

function holdOf(one: Held, { layer, part, units: size }: Place): Hold {
  const outside = one.units.find((unit) => !Number.isInteger(unit) || unit < 0 || unit >= size);
  if (outside !== undefined) throw refused(`“${one.state}” has no unit ${outside}`, `Its units are 0 to ${size - 1}.`);
  const units = Int32Array.from(one.units);
  const scale = one.scale ?? null;
  const values = scale === null ? valuesOf(one, units.length) : null;
  const first = one.first ?? null;
  const last = one.last ?? null;
  const [low, high] = layer.reversed ? [last, first] : [first, last];
  return {
    part,
    units,
    values,
    scale,
    low: low ?? -Infinity,
    high: high ?? Infinity,
    key: `${part} ${units.join(' ')} ${scale ?? values?.join(' ') ?? 'previous'}`,
  };
}

function valuesOf({ value, state }: Held, units: number): Float32Array | null {
  if (value === 'previous') return null;
  if (value === 'zero') return new Float32Array(units);
  if (!value) throw refused(`It is not said at what “${state}” is held`, 'Give a value or a scale.');
  if (value.length !== units)
    throw refused(`“${state}” is held in ${units} units at ${value.length} values`, 'Give one value a unit.');
  const wrong = value.find((number) => !Number.isFinite(number));
  if (wrong !== undefined) throw refused(`“${state}” is held at ${wrong}`, 'Give a number.');
  return value;
}

/** Whether it holds after the step of a word. */
export function isInside({ low, high }: Hold, word: number): boolean {
  return word >= low && word <= high;
}

/** Holds the state `now` after the step of `word`, which started from `before`; both at their places. */
export function hold(
  holds: readonly Hold[],
  part: Part,
  word: number,
  now: Float32Array,
  at: number,
  before: Float32Array,
  from: number,
): void {
  for (const one of holds) {
    if (one.part !== part || !isInside(one, word)) continue;
    const { units, values, scale } = one;
    for (let i = 0; i < units.length; i++) {
      const unit = units[i]!;
      if (scale !== null) now[at + unit]! *= scale;
      else now[at + unit] = values ? values[i]! : before[from + unit]!;
    }
  }
}

/** Whether the same is held after the step of one word and of another. */
export function alike(a: readonly Hold[], one: number, b: readonly Hold[], other: number): boolean {
  let j = 0;
  for (const hold of a) {
    if (one < hold.low || one > hold.high) continue;
    while (j < b.length && (other < b[j]!.low || other > b[j]!.high)) j++;
    if (b[j++]?.key !== hold.key) return false;
  }
  while (j < b.length && (other < b[j]!.low || other > b[j]!.high)) j++;
  return j >= b.length;
}
