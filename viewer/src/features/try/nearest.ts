import type { Vocabulary } from '../../data/types';

/** Words of the vocabulary that are written most like `word`, nearest first; among equals the commoner one. */
export function nearestWords(word: string, vocabulary: Vocabulary, most = 4): string[] {
  const wanted = [...word.toLowerCase()];
  if (!wanted.length) return [];
  const limit = Math.max(1, Math.min(3, Math.ceil(wanted.length / 3)));
  const found: { text: string; far: number; count: number }[] = [];
  vocabulary.text.forEach((text, i) => {
    if (vocabulary.special[i] || Math.abs(text.length - word.length) > limit + 2) return;
    const far = distance(wanted, [...text.toLowerCase()], limit);
    if (far <= limit && text !== word) found.push({ text, far, count: vocabulary.count[i] ?? 0 });
  });
  return found
    .sort((a, b) => a.far - b.far || b.count - a.count || (a.text < b.text ? -1 : 1))
    .slice(0, most)
    .map(({ text }) => text);
}

/** Letters to put in, take out or replace between two words; more than `limit` where it is more. */
function distance(a: readonly string[], b: readonly string[], limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    if (Math.min(...next) > limit) return limit + 1;
    row = next;
  }
  return row[b.length]!;
}
