/** Switches over chips and units, and what the answer is with them. */

import { madeOf, writeMade, type Instead, type Switch } from '../../data/made';
import type { Clustering, ModelEntry } from '../../data/types';
import type { Held } from '../../infer/types';
import { groups } from '../../model/groups';
import { unitsOf } from '../../model/switched';
import { fromScore } from './answer';
import { randomGroups } from './control';
import type { Session, Work } from './session.svelte';
import type { SwitchedOff } from './tables';

/** How chips are held, as the page offers it. */
export type Way = 'zero' | 'mean' | 'previous' | '0.5' | '2';

export function insteadOf(way: Way): Instead {
  return way === '0.5' || way === '2' ? { times: Number(way) } : way;
}

export function wayOf(instead: Instead): Way | null {
  if (typeof instead === 'string') return instead;
  return 'times' in instead && (instead.times === 0.5 || instead.times === 2) ? (String(instead.times) as Way) : null;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((unit, i) => unit === b[i]);
}

/** The switches with these units held too, or let go where they are held. */
export function toggled(switches: readonly Switch[], one: Switch): Switch[] {
  const sorted = [...one.units].sort((a, b) => a - b);
  const others = switches.filter((other) => other.state !== one.state || !same(other.units, sorted));
  return others.length < switches.length ? others : [...switches, { ...one, units: sorted }];
}

/** The answer of a sentence with everything, with what is held, and with random groups held instead. */
export async function controlled(session: Session, key: string, name: string, work: Work): Promise<SwitchedOff | null> {
  const entry = session.explorer.model;
  if (!entry) return null;
  return work.run(async (signal, progress) => {
    const made = madeOf(key);
    const given = await session.asked(writeMade({ ...made, switches: [] }));
    if (!given) throw new Error('The sentence is not there any more');
    const { asked, reading, reader, model } = given;
    const length = asked.sentence.tokens.length;
    const random = randomGroups(made.switches, (state) => entry.states.find((one) => one.name === state)?.units ?? 0);
    const groupsHeld: Held[][] = [[]];
    for (const switches of [made.switches, ...random])
      groupsHeld.push(await Promise.all(switches.map((one) => reader.held(one, reading, length))));
    const scores = await model.without(asked.ask, groupsHeld, progress, signal);
    const [before, after, ...rest] = [...scores].map((score) => fromScore(entry, score));
    const units = made.switches.reduce((sum, one) => sum + one.units.length, 0);
    return { key, name, units, before: before!, after: after!, random: rest };
  });
}

export interface ChipEffect {
  number: number;
  units: number;
  after: number;
}

/** The answer with each chip of the grouping switched off alone, and with all of them there. */
export async function everyChip(
  session: Session,
  key: string,
  clustering: Clustering,
  entry: ModelEntry,
  signal?: AbortSignal,
  progress?: (done: number, of: number) => void,
): Promise<{ before: number; chips: ChipEffect[] } | null> {
  const given = await session.asked(writeMade({ ...madeOf(key), switches: [] }));
  if (!given) return null;
  const { asked, reading, model } = given;
  const chips = groups(clustering.units).filter((group) => group.members.length);
  const held = chips.map((group): Held[] => [
    { state: reading.state.name, units: unitsOf(group, clustering), value: 'zero' },
  ]);
  const scores = await model.without(asked.ask, [[], ...held], progress, signal);
  const [before, ...after] = [...scores].map((score) => fromScore(entry, score));
  return {
    before: before!,
    chips: chips.map((group, i) => ({ number: group.number, units: group.members.length, after: after[i]! })),
  };
}
