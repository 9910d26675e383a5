import { expect, it } from 'vitest';
import { nearestWords } from './nearest';

function vocabulary(words: readonly string[], special: readonly number[] = []): Parameters<typeof nearestWords>[1] {
  return {
    text: [...words],
    count: Float64Array.from(words, (_, id) => words.length - id),
    special: words.map((_, id) => special.includes(id)),
  };
}

it('finds what one or two changes of a letter make, fewest first, then the most frequent', () => {
  const words = ['good', 'wonderful', 'god', 'goods', 'gold', 'odd', 'ogod', 'wonderfull', 'wunderfull', 'worthless'];
  expect(nearestWords('godo', vocabulary(words))).toEqual([0, 2]);
  expect(nearestWords('Wondreful', vocabulary(words))).toEqual([1, 7]);
  expect(nearestWords('wonderfull', vocabulary(words), 9)).toEqual([7, 1, 8]);
  expect(nearestWords('xyzzy', vocabulary(words))).toEqual([]);
  expect(nearestWords('', vocabulary(words))).toEqual([]);
});

it('offers no special words', () => {
  expect(nearestWords('<unk', vocabulary(['<unk>', '<unx'], [0]))).toEqual([1]);
});

it('finds the same as looking at every word, among 200,000', () => {
  const letters = 'abcdefgh';
  let state = 1;
  const roll = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const made = (): string => Array.from({ length: 4 + roll(8) }, () => letters[roll(8)]).join('');
  const all = vocabulary([...new Set(Array.from({ length: 250_000 }, made))]);
  expect(all.text.length).toBeGreaterThan(200_000);
  for (const word of ['abcdefgh', 'hhaah', 'abc']) {
    const most = word.length < 5 ? 1 : 2;
    const wanted = all.text
      .map((text, id) => ({ id, changes: Math.abs(text.length - word.length) > most ? 9 : changes(word, text) }))
      .filter((one) => one.changes <= most)
      .sort((a, b) => a.changes - b.changes || a.id - b.id);
    expect(nearestWords(word, all, 50)).toEqual(wanted.slice(0, 50).map(({ id }) => id));
  }
}, 60_000);

/** The whole table of optimal string alignment. */
function changes(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => i + j * Number(!i)),
  );
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + Number(a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
    }
  return d[a.length]![b.length]!;
}
