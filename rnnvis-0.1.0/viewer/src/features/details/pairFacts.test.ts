import { describe, expect, it } from 'vitest';
import { samplePicture } from '../../model/sample';
import { change } from '../../model/sequence';
import type { PinnedEvidence } from '../../data/evidence';
import { inPlainWords, mostDifferent, pairFacts } from './pairFacts';

function evidence(step: number): PinnedEvidence {
  const { sentence, steps, sequence } = samplePicture();
  const word = { response: null, quantiles: null, effect: null, distances: null };
  return { ...word, sentence: sentence!, steps, sequence, step, reversed: null };
}

describe('two steps side by side', () => {
  it('say of both the same figures, and leave out what neither has', () => {
    const facts = pairFacts(evidence(3), evidence(5), 'positive');
    expect(facts.map((fact) => fact.name)).toEqual(['P(positive)', 'Memory kept', 'Surprise']);
    expect(facts[0]!.first).toMatch(/^0\.\d\d → 0\.\d\d$/);
    expect(facts[0]!.first).not.toBe(facts[0]!.second);
  });

  it('have no memory to keep at the first word', () => {
    expect(pairFacts(evidence(0), evidence(5), 'positive').find((fact) => fact.name === 'Memory kept')!.first).toBe(
      '–',
    );
  });

  function judged(p: number[], step: number): PinnedEvidence {
    const of = evidence(step);
    return {
      ...of,
      steps: { ...of.steps!, classes: 2, pClass: Float32Array.from(p.flatMap((value) => [1 - value, value])) },
    };
  }

  it('are told in plain words: what the word did to the verdict', () => {
    const little = inPlainWords(judged([0.5, 0.8, 0.78], 2), judged([0.3, 0.28], 1), 'positive');
    expect(little).toContain(
      'The word itself hardly moved the verdict: P(positive) went from 0.80 to 0.78 in sentence 1 and from 0.30 to 0.28 in sentence 2.',
    );
    expect(inPlainWords(judged([0.5, 0.8, 0.4], 2), judged([0.3, 0.28], 1), 'positive')).toContain(
      'The word moved P(positive) from 0.80 to 0.40 in sentence 1 and from 0.30 to 0.28 in sentence 2.',
    );
  });

  it('are told in plain words: what the word did to the memory', () => {
    const sizes = [3, 5].map((step) => Math.hypot(...change(evidence(step).sequence!, step)));
    const more = sizes[0]! > sizes[1]! ? 1 : 2;
    const numbers = `response norm ${Math.max(...sizes).toFixed(2)} against ${Math.min(...sizes).toFixed(2)}`;
    expect(inPlainWords(evidence(3), evidence(5), 'positive')).toContain(
      `It changed the memory more in sentence ${more} (${numbers}).`,
    );
    expect(inPlainWords(evidence(3), evidence(3), 'positive')).toContain('It changed the memory about as much in both');
    expect(inPlainWords({ ...evidence(3), steps: null, sequence: null }, evidence(5), 'positive')).toBe('');
  });

  it('name the chips that they moved most differently', () => {
    const bars = [
      { number: 1, first: 0.1, second: 0.1 },
      { number: 2, first: -0.2, second: 0.1 },
      { number: 3, first: 0.1, second: 0 },
    ];
    expect(mostDifferent(bars)).toBe(
      'They differ most in chip 2 (−0.200 in 1, +0.100 in 2) and chip 3 (+0.100 in 1, 0.000 in 2).',
    );
    expect(mostDifferent([])).toBe('');
  });
});
