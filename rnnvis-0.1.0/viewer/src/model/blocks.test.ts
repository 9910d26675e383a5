import { expect, test } from 'vitest';
import { blockOf, blocksOf } from './blocks';
import { samplePicture } from './sample';

const { clustering } = samplePicture({ units: 9, words: 12, k: 3 });

test('links are mean responses where pushes are not shown or not published', () => {
  const pushes = { ...clustering, blockPushes: Float32Array.from({ length: 9 }, (_, i) => i) };
  expect(blocksOf(pushes, false, null)).toEqual({ values: clustering.blockMeans, pushed: false });
  expect(blocksOf({ ...clustering, blockPushes: null }, true, null)).toEqual({
    values: clustering.blockMeans,
    pushed: false,
  });
});

test('of one score the pushes are as published, of several those of the followed class', () => {
  const one = { ...clustering, blockPushes: Float32Array.from({ length: 9 }, (_, i) => i) };
  expect(blockOf(blocksOf(one, true, 1), one, 2, 1)).toBe(7);
  const three = { ...clustering, blockPushes: Float32Array.from({ length: 27 }, (_, i) => i) };
  const blocks = blocksOf(three, true, 2);
  expect(blocks.values).toHaveLength(9);
  expect(blockOf(blocks, three, 2, 1)).toBe(18 + 7);
});
