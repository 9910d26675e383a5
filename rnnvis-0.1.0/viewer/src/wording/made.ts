/** What a sentence that was made in the page is, and what is held in it, in words. */

import { readMade, type Switch } from '../data/made';
import type { Clustering, Sentence } from '../data/types';
import { chipsOf } from '../model/switched';
import { count, listed } from './format';

/** `chip 5`, `chips 5 and 6`, `unit 3`, `12 units`; units of another state than the shown one are named with it. */
export function unitsName(
  { units, state }: Pick<Switch, 'units' | 'state'>,
  clustering: Clustering | null,
  shown: string | null,
): string {
  const chips = state === shown ? chipsOf(units, clustering) : null;
  if (chips) return `${chips.length === 1 ? 'chip' : 'chips'} ${listed(chips.map(String))}`;
  const of = state === shown ? '' : ` of ${state}`;
  return units.length === 1 ? `unit ${units[0]}${of}` : `${count(units.length)} units${of}`;
}

/** `without chip 5`, `chip 5 at its mean`, `chip 5 frozen from “though” on`. */
export function switchName(
  one: Switch,
  clustering: Clustering | null,
  shown: string | null,
  sentence: Pick<Sentence, 'surface'> | null,
): string {
  const name = unitsName(one, clustering, shown);
  const word = sentence?.surface[one.first];
  const at = word === undefined ? `word ${one.first + 1}` : `“${word}”`;
  const from = one.first === 0 ? '' : ` from ${at} on`;
  const { instead } = one;
  if (instead === 'zero') return `without ${name}${from}`;
  if (instead === 'mean') return `${name} at ${one.units.length === 1 ? 'its mean' : 'their means'}${from}`;
  if (instead === 'previous') return `${name} frozen${from}`;
  if ('times' in instead) return `${name} × ${instead.times}${from}`;
  return `${name} carried in at ${at}`;
}

/** `Without chip 5`, `Edited`, `Typed`: what a made sentence is, beside the first one; null of a published one. */
export function aboutMade(
  sentence: Sentence,
  first: string | null,
  clustering: Clustering | null,
  shown: string | null,
): string | null {
  const made = readMade(sentence.key);
  if (!made) return null;
  const base = 'key' in made.base ? null : 'text' in made.base ? 'typed' : 'edited';
  const same = first !== null && JSON.stringify(readMade(first)?.base) === JSON.stringify(made.base);
  const parts = [
    ...(base === null || same ? [] : [base]),
    ...made.switches.map((one) => switchName(one, clustering, shown, sentence)),
  ];
  const text = parts.join(', ') || (base ?? 'the same sentence');
  return text[0]!.toUpperCase() + text.slice(1);
}
