import { describe, expect, it } from 'vitest';
import { insist, layClouds } from './clouds';
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
      const needs = word.width + 10 + (cloud.group.members.length > 1 ? 34 : 0);
      if (needs < width - 12) expect(drawn, word.text).toBeDefined();
      if (drawn) expect(drawn.x + drawn.width).toBeLessThanOrEqual(cloud.x + cloud.width);
    }
  });

  it('say in their note how many are not drawn', () => {
    for (const cloud of plain.list)
      expect(cloud.note?.text ?? '').toBe(cloud.more.length ? `${cloud.more.length} more` : '');
  });
});
