/** A model that goes on from where another one ended, as `rnnvis.recording.step_model.handed` has it. */

import { isReversed } from '../data/decode';
import type { StateSequence } from '../data/types';
import type { Handed } from './parts';
import type { Ask, StepModel } from './types';

/** What it starts from, by its states, after the other one went through `states`. */
export function takenFrom(
  { states: from }: Handed,
  states: Readonly<Record<string, StateSequence>>,
): Record<string, Float32Array> | null {
  const found: Record<string, Float32Array> = {};
  for (const [own, other] of Object.entries(from)) {
    const sequence = states[other];
    if (!sequence?.length) return null;
    const { units, values } = sequence;
    const end = isReversed({ name: other }) ? 0 : values.length - units;
    found[own] = values.slice(end, end + units);
  }
  return found;
}

/**
 * What the model reads while it says words of its own accord, the likeliest one at every step: the start mark, its words,
 * and the end mark, unless it is broken off.
 */
export async function sayOn(model: StepModel, ask: Omit<Ask, 'tokens'>): Promise<Int32Array> {
  const { words, handed } = model;
  const tokens = [words!.start!];
  for (let said = 0; said < handed!.longest; said++) {
    const { steps } = await model.run({ ...ask, tokens: Int32Array.from(tokens), next: 1 });
    const word = steps.next!.ids[tokens.length - 1]!;
    tokens.push(word);
    if (word === words!.end) break;
  }
  return Int32Array.from(tokens);
}

/** The words alone of what was read so. */
export function readOf({ words }: Pick<StepModel, 'words'>, tokens: Int32Array): Int32Array {
  return tokens.filter((token) => token !== words?.start && token !== words?.end);
}
