import { describe, expect, it } from 'vitest';
import type { SentenceSteps, StateSequence } from '../data/types';
import { change } from './sequence';
import {
  chipPushes,
  pushSum,
  scoreAfter,
  strongest,
  unitPushes,
  weighted,
  weightedSequence,
  weightedWord,
} from './push';

const none = { value: null, target: null, push: null, loss: null, next: null, surprise: null };

/** A linear head over a planted state: everything below must follow from these numbers. */
const weights = Float32Array.from([1.5, -2, 0.25, 4]);
const bias = 0.3;
const initial = Float32Array.from([0.1, 0, -0.2, 0.05]);
const states = [
  [0.5, -0.5, 0.25, 0],
  [0.25, 0.75, 0, -0.5],
  [-0.5, 0.5, 0.125, -0.25],
];
const score = (state: ArrayLike<number>): number => weights.reduce((sum, w, i) => sum + w * state[i]!, bias);
const scores = states.map(score);
const sequence: StateSequence = { length: 3, units: 4, initial, values: Float32Array.from(states.flat()) };
const push = Float32Array.from(scores, (after, t) => after - (t ? scores[t - 1]! : score(initial)));
const steps: SentenceSteps = {
  ...none,
  length: 3,
  classes: 2,
  followed: 1,
  pClass: Float32Array.from(scores.flatMap((z) => [1 / (1 + Math.exp(z)), 1 / (1 + Math.exp(-z))])),
  push,
};

describe('the score of an answer', () => {
  it('is the log-odds of the second of two classes', () => {
    scores.forEach((z, t) => expect(scoreAfter(steps, t)).toBeCloseTo(z, 5));
  });

  it('is a logit against the mean of the others, of several classes', () => {
    const logits = [0.5, -1, 2, 0.25];
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    const several = { ...none, length: 1, classes: 4, pClass: Float32Array.from(logits, (z) => Math.exp(z) / total) };
    expect(scoreAfter({ ...several, followed: 2 }, 0)).toBeCloseTo(2 - (0.5 - 1 + 0.25) / 3, 5);
    expect(scoreAfter({ ...several, followed: 0 }, 0)).toBeCloseTo(0.5 - (-1 + 2 + 0.25) / 3, 5);
  });

  it('is the number of a model of numbers, and unknown where nothing is', () => {
    expect(
      scoreAfter({ ...none, length: 1, classes: 0, followed: 0, pClass: null, value: Float32Array.of(7) }, 0),
    ).toBe(7);
    expect(scoreAfter({ ...none, length: 1, classes: 0, followed: 0, pClass: null }, 0)).toBeNaN();
    const sure = { ...none, length: 1, classes: 2, followed: 1, pClass: Float32Array.of(0, 1) };
    expect(scoreAfter(sure, 0)).toBeNaN();
  });
});

describe('what pushes an answer', () => {
  it('adds up: chips to their word, words and what stood before to the score', () => {
    const labels = [1, 0, 1, 2];
    const chips = chipPushes(sequence, weights, labels, 3);
    push.forEach((word, t) => expect(chips[3 * t]! + chips[3 * t + 1]! + chips[3 * t + 2]!).toBeCloseTo(word, 5));
    expect(chips[3 + 1]).toBeCloseTo(1.5 * (0.25 - 0.5) + 0.25 * (0 - 0.25), 6);
    const sum = pushSum(steps)!;
    expect(sum.before).toBeCloseTo(score(initial), 5);
    expect(sum.before + sum.up + sum.down).toBeCloseTo(scores[2]!, 5);
    expect(sum.up).toBeCloseTo(
      push.reduce((total, one) => total + Math.max(0, one), 0),
      5,
    );
  });

  it('leaves out units that stand in no chip, and sums units over the sentence', () => {
    const [first] = chipPushes(sequence, weights, [-1, 0, -1, -1], 1);
    expect(first).toBeCloseTo(-2 * (-0.5 - 0), 6);
    const units = unitPushes(sequence, weights);
    units.forEach((one, u) => expect(one).toBeCloseTo(weights[u]! * (states[2]![u]! - initial[u]!), 5));
  });

  it('reads a reversed state from its end', () => {
    const reversed = chipPushes({ ...sequence, reversed: true }, weights, [0, 0, 0, 0], 1);
    expect(reversed[2]).toBeCloseTo(scores[2]! - score(initial), 5);
    expect(reversed[0]).toBeCloseTo(scores[0]! - scores[1]!, 5);
  });

  it('counts words from the first whose push is known', () => {
    const pooled = { ...steps, push: Float32Array.of(Number.NaN, push[1]!, push[2]!) };
    expect(pushSum(pooled)!.before).toBeCloseTo(scores[0]!, 5);
    expect(pushSum({ ...steps, push: Float32Array.of(Number.NaN, Number.NaN, Number.NaN) })).toBeNull();
    expect(pushSum({ ...steps, push: null })).toBeNull();
    expect(pushSum(null)).toBeNull();
  });

  it('makes pushes of changes, and of what is usual at a word, with low and high quantiles the right way round', () => {
    expect([...change(weightedSequence(sequence, weights), 1)]).toEqual([...weighted(change(sequence, 1), weights)]);
    const of = (...values: number[]): Float32Array => Float32Array.from(values);
    const word = weightedWord(
      {
        text: 'dull',
        response: { wordId: 1, count: 9, reliability: 1, norm: 1, mean: of(1, 1), standardError: of(0.5, 0.5) },
        quantiles: { q09: of(-1, -1), q25: of(0, 0), q50: of(1, 1), q75: of(2, 2), q91: of(4, 4) },
      },
      of(2, -3),
    );
    expect([...word.response.mean, ...word.response.standardError]).toEqual([2, -3, 1, 1.5]);
    const { q09, q25, q50, q75, q91 } = word.quantiles;
    expect([q09, q25, q50, q75, q91].map(([first]) => first)).toEqual([-2, 0, 2, 4, 8]);
    expect([q09, q25, q50, q75, q91].map(([, second]) => second! + 0)).toEqual([-12, -6, -3, 0, 3]);
    expect(weightedWord({ response: null, quantiles: null }, of(1))).toEqual({ response: null, quantiles: null });
  });

  it('weighs unit by unit and names the strongest of both signs', () => {
    expect([...weighted(Float32Array.of(1, 2), Float32Array.of(-3, 0.5))]).toEqual([-3, 1]);
    expect(strongest([0.5, -2, 0, Number.NaN, 2, 1], 3)).toEqual([1, 4, 5]);
    expect(strongest([0, Number.NaN], 3)).toEqual([]);
  });
});
