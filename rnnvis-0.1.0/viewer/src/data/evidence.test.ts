import { describe, expect, it } from 'vitest';
import type { Sentence, SentenceSteps } from './types';
import { sameWord } from './passage';
import { reversedProbe, numberAt, tagAt, verdict } from './evidence';

const sentence = (tokens: number[]): Sentence => ({
  id: 0,
  key: 'k',
  split: 'probe',
  label: null,
  score: null,
  text: '',
  tokens: Int32Array.from(tokens),
  surface: [],
});

describe('reversedProbe', () => {
  const probes = { though: 'aa', 'though-reversed': 'bb', alone: 'cc' };
  it('goes both ways', () => {
    expect(reversedProbe(probes, 'aa')).toBe('bb');
    expect(reversedProbe(probes, 'bb')).toBe('aa');
  });
  it('is null for a probe alone and for a sentence of the corpus', () => {
    expect(reversedProbe(probes, 'cc')).toBeNull();
    expect(reversedProbe(probes, 'dd')).toBeNull();
  });
});

describe('sameWord', () => {
  it('finds the same occurrence of the word', () => {
    expect(sameWord(sentence([5, 1, 5]), 2, sentence([5, 2, 3, 5]))).toBe(3);
    expect(sameWord(sentence([5, 1, 5]), 0, sentence([2, 5, 5]))).toBe(1);
    expect(sameWord(sentence([5, 1, 5]), 2, sentence([2, 5]))).toBe(1);
    expect(sameWord(sentence([5, 1, 5]), 1, sentence([2, 5]))).toBeNull();
  });
});

describe('verdict', () => {
  const steps = { pClass: new Float32Array([0.75, 0.25, 0.5, 0.5]), classes: 2, followed: 1 } as SentenceSteps;
  it('has nothing before the first word', () => {
    expect(verdict(steps, 0)).toEqual({ before: null, after: 0.25 });
    expect(verdict(steps, 1)).toEqual({ before: 0.25, after: 0.5 });
  });
  it('is null without a head', () => expect(verdict({ ...steps, pClass: null }, 0)).toBeNull());
});

describe('answers of a step', () => {
  const steps = {
    pClass: Float32Array.from([0.25, 0.75, NaN, NaN]),
    classes: 2,
    followed: 1,
    target: Int32Array.from([0, -1]),
    value: Float32Array.from([1.5, 4]),
  } as SentenceSteps;
  it('are a tag beside the right one', () => {
    expect(tagAt(steps, 0)).toEqual({ likeliest: 1, p: 0.75, right: 0, pRight: 0.25 });
    expect(tagAt(steps, 1)).toBeNull();
  });
  it('are a number before and after', () => {
    expect(numberAt(steps, 1)).toEqual({ before: 1.5, after: 4 });
    expect(numberAt(steps, 0)).toEqual({ before: null, after: 1.5 });
    expect(numberAt({ ...steps, value: null }, 0)).toBeNull();
  });
});
