/** Words of the vocabulary that are written much like one that is not in it. */

import type { Vocabulary } from '../../data/types';

type Words = Pick<Vocabulary, 'text' | 'count' | 'special'>;

/** Letters of a word that are looked at; longer ones are no typing errors. */
const LONGEST = 40;
const letters = new WeakMap<readonly string[], Uint32Array>();

/**
 * Ids of at most `count` words within one change of a letter for short words, two for those of five letters and more: one
 * put in, left out, replaced, or two neighbours swapped. Fewest changes first, then the most frequent.
 */
export function nearestWords(word: string, vocabulary: Words, count = 3): number[] {
  const wanted = word.toLowerCase();
  const most = wanted.length < 5 ? 1 : 2;
  if (!wanted || wanted.length > LONGEST) return [];
  const sets = lettersOf(vocabulary.text);
  const mine = setOf(wanted);
  const found: { id: number; changes: number }[] = [];
  vocabulary.text.forEach((text, id) => {
    if (vocabulary.special[id] || Math.abs(text.length - wanted.length) > most) return;
    if (bits(sets[id]! & ~mine) > most || bits(mine & ~sets[id]!) > most) return;
    const changes = distance(wanted, text.toLowerCase(), most);
    if (changes <= most) found.push({ id, changes });
  });
  found.sort((a, b) => a.changes - b.changes || vocabulary.count[b.id]! - vocabulary.count[a.id]! || a.id - b.id);
  return found.slice(0, count).map(({ id }) => id);
}

/** Of each word, which letters it has; told apart by 32 kinds. */
function lettersOf(text: readonly string[]): Uint32Array {
  const known = letters.get(text);
  if (known) return known;
  const sets = Uint32Array.from(text, (word) => (word.length > LONGEST ? 0 : setOf(word.toLowerCase())));
  letters.set(text, sets);
  return sets;
}

function setOf(word: string): number {
  let set = 0;
  for (let i = 0; i < word.length; i++) set |= 1 << (word.charCodeAt(i) % 32);
  return set >>> 0;
}

function bits(set: number): number {
  let count = 0;
  for (let left = set; left; left &= left - 1) count++;
  return count;
}

const rows = [0, 1, 2].map(() => new Uint8Array(2 * LONGEST));

/** Optimal string alignment; more than `most` as soon as that is certain. Only what is near the diagonal can be in reach. */
function distance(a: string, b: string, most: number): number {
  let [before, row, next] = rows as [Uint8Array, Uint8Array, Uint8Array];
  const far = most + 1;
  for (let j = 0; j <= b.length + 1; j++) row[j] = Math.min(j, far);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - most);
    const to = Math.min(b.length, i + most);
    let least = (next[from - 1] = from === 1 ? Math.min(i, far) : far);
    for (let j = from; j <= to; j++) {
      let value = row[j - 1]! + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      value = Math.min(value, row[j]! + 1, next[j - 1]! + 1, far);
      if (i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1))
        value = Math.min(value, before[j - 2]! + 1);
      next[j] = value;
      least = Math.min(least, value);
    }
    next[to + 1] = far;
    if (least >= far) return far;
    [before, row, next] = [row, next, before];
  }
  return row[b.length]!;
}
