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

/** Optimal string alignment; more than `most` as soon as that is certain. */
function distance(a: string, b: string, most: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let value = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, before[j - 2]! + 1);
      next.push(value);
      least = Math.min(least, value);
    }
    if (least > most && (i < 2 || Math.min(...row) > most)) return most + 1;
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
