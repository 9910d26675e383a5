/** What the answer would be without each word in turn. */

import type { Ask, Held } from '../../infer/types';

/** What the words are replaced by: nothing, or the stand-in for unknown words. */
export type Way = 'deleted' | 'unknown';

/** The sentence without a word, or with the stand-in in its place; holds stay at their words. */
export function without(ask: Ask, at: number, way: Way, unknown: number | null): Ask | null {
  if (way === 'unknown') {
    if (unknown === null) return null;
    const tokens = ask.tokens.slice();
    tokens[at] = unknown;
    return { ...ask, tokens };
  }
  if (ask.tokens.length < 2) return null;
  const tokens = ask.tokens.filter((_, i) => i !== at);
  const moved = (step: number): number => Math.min(step > at ? step - 1 : step, tokens.length - 1);
  const held = ask.held?.map((one): Held => ({
    ...one,
    ...(one.first === undefined ? {} : { first: moved(one.first) }),
    ...(one.last === undefined ? {} : { last: moved(one.last) }),
  }));
  const target = ask.target instanceof Int32Array ? ask.target.filter((_, i) => i !== at) : ask.target;
  return { ...ask, tokens, ...(held ? { held } : {}), ...(target === undefined ? {} : { target }) };
}

/** Positions of the changes that are largest either way, largest first. */
export function ranked(changes: readonly number[]): number[] {
  return [...changes.keys()]
    .filter((i) => Number.isFinite(changes[i]!))
    .sort((a, b) => Math.abs(changes[b]!) - Math.abs(changes[a]!) || a - b);
}
