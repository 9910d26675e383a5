import { readMade, type Switch } from '../data/made';
import type { Clustering } from '../data/types';
import { groups, type Group } from './groups';

/** Units of a chip, in order. */
export function unitsOf(group: Group, clustering: Clustering): number[] {
  return group.members.map((member) => clustering.units.ids[member]!).sort((a, b) => a - b);
}

/** Numbers of the chips that are all of these units together; null where the units are not whole chips. */
export function chipsOf(units: readonly number[], clustering: Clustering | null): number[] | null {
  if (!clustering) return null;
  const wanted = new Set(units);
  const whole = groups(clustering.units).filter(
    (group) => group.members.length > 0 && group.members.every((member) => wanted.has(clustering.units.ids[member]!)),
  );
  const covered = whole.reduce((sum, group) => sum + group.members.length, 0);
  return whole.length && covered === wanted.size ? whole.map(({ number }) => number) : null;
}

/** Whether what is held says nothing of the sentence any more. */
export function isOff({ instead }: Switch): boolean {
  return typeof instead === 'string';
}

/** Unit clusters of a state all of whose units are switched off in one of the sentences. */
export function switchedOff(
  keys: readonly (string | null)[],
  state: string | null,
  clustering: Clustering | null,
): ReadonlySet<number> {
  const off = new Set<number>();
  for (const key of keys) {
    const switches = key === null ? [] : (readMade(key)?.switches ?? []);
    const units = new Set(switches.filter((one) => one.state === state && isOff(one)).flatMap((one) => [...one.units]));
    if (!units.size || !clustering) continue;
    for (const group of groups(clustering.units))
      if (group.members.length && group.members.every((member) => units.has(clustering.units.ids[member]!)))
        off.add(group.cluster);
  }
  return off;
}
