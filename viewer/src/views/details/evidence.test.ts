import { describe, expect, it } from 'vitest';
import type { Sentence, SentenceSteps } from '../../data/types';
import { sameWord } from '../../model/pair';
import { chipNumbers, reversedProbe, surpriseText, verdict } from './evidence';

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
  const steps = { pClass: new Float32Array([0.75, 0.25, 0.5, 0.5]), classes: 2 } as SentenceSteps;
  it('has nothing before the first word', () => {
    expect(verdict(steps, 0)).toEqual({ before: null, after: 0.25 });
    expect(verdict(steps, 1)).toEqual({ before: 0.25, after: 0.5 });
  });
  it('is null without a head', () => expect(verdict({ ...steps, pClass: null }, 0)).toBeNull());
});

describe('surpriseText', () => {
  it('counts from the nearer end', () => {
    expect(surpriseText(77)).toBe('Top 23 %');
    expect(surpriseText(12)).toBe('Lowest 12 %');
    expect(surpriseText(99.9)).toBe('Top 1 %');
  });
});

describe('chipNumbers', () => {
  it('numbers chips as drawn', () => {
    const numbers = chipNumbers({ ids: Int32Array.from([0, 1, 4]), labels: Uint8Array.from([2, 0, 1]), order: [1, 2, 0] });
    expect([numbers.get(0), numbers.get(1), numbers.get(4), numbers.get(2)]).toEqual([2, 3, 1, undefined]);
  });
});
