import { describe, expect, it } from 'vitest';
import { insist, isFragment, layClouds, type Cloud } from './clouds';
import type { Clustering, Vocabulary } from '../data/types';
import { samplePicture } from './sample';

const { clustering, vocabulary } = samplePicture();
const column = (width: number): { x: number; width: number; top: number; bottom: number } => ({
  x: 10,
  width,
  top: 90,
  bottom: 320,
});

describe.each([120, 150, 280])('clouds %i px wide', (width) => {
  const plain = layClouds({ clustering: clustering, vocabulary: vocabulary, column: column(width), chip: null });

  it('draw a selected word wherever it is not wider than its cloud, and drop none', () => {
    const all = plain.list.flatMap((cloud) => [...cloud.words, ...cloud.more]);
    for (const word of all) {
      const cloud = insist(plain, [word.wordId]).list.find(({ group }) => group.members.includes(word.index))!;
      expect(cloud.words.length + cloud.more.length).toBe(cloud.group.members.length);
      const drawn = cloud.words.find(({ wordId }) => wordId === word.wordId);
      const note = cloud.height < 45 ? 34 : 0;
      if (word.width <= width - 10 - note) expect(drawn, word.text).toBeDefined();
      if (drawn) expect(drawn.x + drawn.width).toBeLessThanOrEqual(cloud.x + cloud.width);
    }
  });

  it('say in their note how many are not drawn', () => {
    for (const cloud of plain.list)
      expect(cloud.note?.text ?? '').toBe(cloud.more.length ? `${cloud.more.length} more` : '');
  });
});

let seed = 11;
const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;

/** A grouping of made-up words with random strengths, some of them digits and single letters. */
function planted(words: number, clouds: number, chips: number): { clustering: Clustering; vocabulary: Vocabulary } {
  const letters = 'abcdefghijklmnop';
  const text = Array.from({ length: words }, (_, i) => {
    if (random() < 0.15) return String(i);
    const length = 1 + Math.floor(random() * 12);
    return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]!).join('');
  });
  const { clustering: like, vocabulary: known } = samplePicture();
  const clustering = {
    ...like,
    words: {
      ...like.words,
      ids: Int32Array.from(text.keys()),
      labels: Uint8Array.from(text, (_, i) => i % clouds),
      order: Array.from({ length: clouds }, (_, i) => i),
    },
    units: {
      ...like.units,
      ids: Int32Array.from({ length: chips }, (_, i) => i),
      labels: Uint8Array.from({ length: chips }, (_, i) => i),
      order: Array.from({ length: chips }, (_, i) => i),
    },
    blockMeans: Float32Array.from({ length: clouds * chips }, () => random() - 0.5),
    strengths: Float32Array.from({ length: words * chips }, () => (random() - 0.5) ** 3),
  } as unknown as Clustering;
  return { clustering, vocabulary: { ...known, text } };
}

/** Nothing is drawn that stands behind a hidden word, unless that is wider than the whole cloud or somebody asked for it. */
function honest(cloud: Cloud, asked: number | null): void {
  const first = cloud.more.find(({ width }) => width <= cloud.width - 10);
  if (!first) return;
  for (const word of cloud.words) {
    if (word.wordId === asked) continue;
    const [drawn, hidden] = [isFragment(word.text), isFragment(first.text)];
    expect(Number(drawn), `${word.text} before ${first.text}`).toBeLessThanOrEqual(Number(hidden));
    if (drawn === hidden) expect(Math.abs(word.strength)).toBeGreaterThanOrEqual(Math.abs(first.strength));
  }
}

describe('the order of strength', () => {
  it('takes digits, marks and single letters for fragments, and contractions for words', () => {
    expect(['51', '--', 'k', '##ing', "'s", '3d'].every(isFragment)).toBe(true);
    expect(['tv', 'I', 'a', "n't", 'listless', '不', 'の'].some(isFragment)).toBe(false);
  });

  it('is kept: no word is shown while a stronger one is under “more”, and sizes follow it', () => {
    let hidden = 0;
    for (let trial = 0; trial < 60; trial += 1) {
      const { clustering, vocabulary } = planted(40 + Math.floor(random() * 200), 2 + (trial % 7), 3);
      const plain = layClouds({
        clustering,
        vocabulary,
        column: column(120 + Math.floor(random() * 200)),
        chip: trial % 2 ? 1 : null,
      });
      const asked = Math.floor(random() * vocabulary.text.length);
      for (const cloud of plain.list) {
        honest(cloud, null);
        hidden += cloud.more.length;
        const sized = [...cloud.words].sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength));
        sized.forEach((word, i) => i && expect(word.size).toBeLessThanOrEqual(sized[i - 1]!.size));
      }
      for (const cloud of insist(plain, [asked]).list) honest(cloud, asked);
    }
    expect(hidden).toBeGreaterThan(1000);
  });
});
