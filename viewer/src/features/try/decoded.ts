/** What a decoder says by itself after its encoder read a sentence, and what becomes of that where units are held. */

import { madeOf, writeMade, type Switch } from '../../data/made';
import type { Clustering } from '../../data/types';
import { readOf } from '../../infer';
import { groups } from '../../model/groups';
import { unitsOf } from '../../model/switched';
import { bothHalves, readingOf } from '../../state/handing';
import type { Reader, Reading } from '../../state/reader';
import { stepCount, type Nouns } from '../../wording/nouns';
import { randomGroups } from './control';

export interface Said {
  /** The words, without the marks around them. */
  words: string[];
  /** Whether it came to an end; else it was broken off. */
  ended: boolean;
}

/** What the decoder of `reading`, or of its encoder, says after the sentence of a key; null where there is none. */
export async function saidAfter(reader: Reader, reading: Reading, key: string): Promise<Said | null> {
  const both = bothHalves(reading);
  if (!both) return null;
  const decoder = readingOf(both.decoder);
  const [asked, model, vocabulary] = await Promise.all([
    reader.asked(decoder, key),
    reader.open(decoder),
    decoder.source.vocabulary(decoder.dataset),
  ]);
  if (!asked) return null;
  const { tokens } = asked.ask;
  return {
    words: Array.from(readOf(model, tokens), (token) => vocabulary.text[token] ?? ''),
    ended: tokens.at(-1) === model.words?.end,
  };
}

/** One place of two texts laid beside each other with as few edits as can be: a word of either is null where there is none. */
export interface Beside {
  before: string | null;
  after: string | null;
}

/** The words of both side by side; where several ways are equally short, words stand beside words. */
export function aligned(before: readonly string[], after: readonly string[]): Beside[] {
  const cost = Array.from({ length: before.length + 1 }, (_, i) =>
    Array.from({ length: after.length + 1 }, (_, j) => (i && j ? 0 : i + j)),
  );
  for (let i = 1; i <= before.length; i++)
    for (let j = 1; j <= after.length; j++)
      cost[i]![j] = Math.min(
        cost[i - 1]![j - 1]! + Number(before[i - 1] !== after[j - 1]),
        cost[i - 1]![j]! + 1,
        cost[i]![j - 1]! + 1,
      );
  const found: Beside[] = [];
  let [i, j] = [before.length, after.length];
  while (i || j) {
    const here = cost[i]![j]!;
    if (i && j && here === cost[i - 1]![j - 1]! + Number(before[i - 1] !== after[j - 1]))
      found.push({ before: before[--i]!, after: after[--j]! });
    else if (i && here === cost[i - 1]![j]! + 1) found.push({ before: before[--i]!, after: null });
    else found.push({ before: null, after: after[--j]! });
  }
  return found.reverse();
}

/** Words to be changed, put in or left out of one for the other; one that is broken off differs by its end too. */
export function edits(before: Said, after: Said): number {
  const words = aligned(before.words, after.words).filter((one) => one.before !== one.after).length;
  return words + Number(before.ended !== after.ended);
}

/** What is said with everything, and with units held; and how much else is said where as many others are held. */
export interface Changed {
  key: string;
  before: Said;
  after: Said;
  /** Edits with each random group held; empty without a group to compare with. */
  random: number[];
}

/** What becomes of what is said with the switches of `key`, beside random groups of as many units of the same states. */
export async function changed(
  reader: Reader,
  reading: Reading,
  key: string,
  signal: AbortSignal,
  progress: (done: number, of: number) => void,
): Promise<Changed | null> {
  const made = madeOf(key);
  const both = bothHalves(reading)!;
  const states = [...both.encoder.model.states, ...both.decoder.model.states];
  const draws = randomGroups(made.switches, (state) => states.find(({ name }) => name === state)?.units ?? 0);
  const [before, after] = [
    await saidAfter(reader, reading, writeMade({ ...made, switches: [] })),
    await saidAfter(reader, reading, key),
  ];
  if (!before || !after) return null;
  const random: number[] = [];
  for (const switches of draws) {
    signal.throwIfAborted();
    const other = await saidAfter(reader, reading, writeMade({ ...made, switches }));
    if (other) random.push(edits(before, other));
    progress(random.length, draws.length);
  }
  return { key, before, after, random };
}

/** What is said with each chip of a state held alone, at zero or `instead`. */
export async function withoutEach(
  reader: Reader,
  reading: Reading,
  key: string,
  state: string,
  clustering: Clustering,
  instead: Switch['instead'],
  signal: AbortSignal,
  progress: () => void,
): Promise<Map<number, Said>> {
  const made = madeOf(key);
  const found = new Map<number, Said>();
  for (const group of groups(clustering.units).filter(({ members }) => members.length)) {
    signal.throwIfAborted();
    const off: Switch = { state, units: unitsOf(group, clustering), instead, first: 0 };
    const said = await saidAfter(reader, reading, writeMade({ ...made, switches: [off] }));
    if (said) found.set(group.number, said);
    progress();
  }
  return found;
}

/** `Without chip 5, 2 phonemes must be changed, put in or left out; 20 random groups of as many units change 0.4 on average, 0 to 2: …` */
export function verdict(name: string, { before, after, random }: Changed, nouns: Nouns): string {
  const many = edits(before, after);
  const subject = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  const what =
    many === 0
      ? `${subject}, it says the same`
      : `${subject}, ${stepCount(many, nouns)} must be changed, put in or left out`;
  if (!random.length) return `${what}. These are all units: there is no random group to compare with.`;
  const mean = random.reduce((sum, one) => sum + one, 0) / random.length;
  const as = random.filter((one) => one >= many).length;
  const chance = `${random.length} random groups of as many units change ${mean.toFixed(1)} on average, ${Math.min(...random)} to ${Math.max(...random)}`;
  return many === 0 ? `${what}; ${chance}.` : `${what}; ${chance}: ${as} of them as many or more.`;
}
