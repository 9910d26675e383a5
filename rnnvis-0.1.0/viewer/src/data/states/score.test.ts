import { describe, expect, it } from 'vitest';
import { activeUnits, comparer, distances, matchingStretches, onePerSentence, runs, type Chunk } from './score';

/** Two sentences of two units: 5 steps and 4 steps. */
const chunk: Chunk = {
  units: 2,
  sentences: Int32Array.of(7, 7, 7, 7, 7, 9, 9, 9, 9),
  steps: Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 3),
  values: Float32Array.of(0, 0, 0.75, -0.75, 0.75, -0.75, 0, -0.75, 0, 0, 0.75, 0, 0.75, 0, 0.75, -0.75, 0, -0.75),
};
const sentence = chunk.values.slice(0, 10);
const both = { before: true, after: true };
const none = { before: false, after: false };

describe('units active exactly in a range', () => {
  it('keep their sign and are quiet outside where that is required', () => {
    expect(activeUnits(sentence, 2, 1, 2, 0.5, both)).toEqual([{ unit: 0, sign: 1 }]);
    expect(activeUnits(sentence, 2, 1, 2, 0.5, { before: true, after: false })).toEqual([
      { unit: 0, sign: 1 },
      { unit: 1, sign: -1 },
    ]);
    expect(activeUnits(sentence, 2, 0, 1, 0.5, none)).toEqual([]);
    expect(activeUnits(chunk.values.slice(10), 2, 0, 2, 0.5, both)).toEqual([{ unit: 0, sign: 1 }]);
  });
});

describe('matching stretches', () => {
  const wanted = [
    { unit: 0, sign: 1 },
    { unit: 1, sign: -1 },
  ] as const;
  it('count units that are active together for exactly that length', () => {
    expect(matchingStretches(chunk, wanted, 2, 0.5, both)).toEqual([
      { sentence: 7, from: 1, to: 2, score: 1 },
      { sentence: 9, from: 2, to: 3, score: 1 },
    ]);
  });
  it('let units go on where the borders are free, never over the end of a sentence', () => {
    expect(matchingStretches(chunk, wanted, 2, 0.5, none)).toEqual([
      { sentence: 7, from: 1, to: 2, score: 2 },
      { sentence: 7, from: 2, to: 3, score: 1 },
      { sentence: 9, from: 0, to: 1, score: 1 },
      { sentence: 9, from: 1, to: 2, score: 1 },
      { sentence: 9, from: 2, to: 3, score: 1 },
    ]);
  });
});

describe('runs', () => {
  it('are as long as they can be, in one sentence, with their mean', () => {
    expect(runs(chunk, [0], false, 0.5, 1)).toEqual([
      { sentence: 7, from: 1, to: 2, score: 0.75 },
      { sentence: 9, from: 0, to: 2, score: 0.75 },
    ]);
    expect(runs(chunk, [0], false, 0.5, 3)).toHaveLength(1);
    expect(runs(chunk, [1], true, -0.5, 2)).toEqual([
      { sentence: 7, from: 1, to: 3, score: -0.75 },
      { sentence: 9, from: 2, to: 3, score: -0.75 },
    ]);
    expect(runs(chunk, [0, 1], false, 0.375, 1)).toEqual([{ sentence: 9, from: 0, to: 1, score: 0.375 }]);
  });
});

describe('distances', () => {
  it('are those of the measure, and rank from the nearest', () => {
    const target = Float32Array.of(0.75, 0);
    const euclidean = distances(chunk, target, 'euclidean').sort(comparer('lowest'));
    expect(euclidean.slice(0, 2).map(({ sentence: id, from, score }) => [id, from, score])).toEqual([
      [9, 0, 0],
      [9, 1, 0],
    ]);
    expect(onePerSentence(euclidean).map(({ sentence: id }) => id)).toEqual([9, 7]);
    const cosine = distances(chunk, target, 'cosine');
    expect(cosine[1]!.score).toBeCloseTo(1 - Math.SQRT1_2);
    expect(cosine[0]!.score).toBe(1);
  });
});
