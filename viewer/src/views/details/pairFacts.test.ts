import { describe, expect, it } from 'vitest';
import { samplePicture } from '../../model/sample';
import type { PinnedEvidence } from './evidence';
import { mostDifferent, pairFacts } from './pairFacts';

function evidence(step: number): PinnedEvidence {
  const { sentence, steps, sequence } = samplePicture();
  return { sentence: sentence!, steps, sequence, step, response: null, quantiles: null, effect: null, reversed: null };
}

describe('two steps side by side', () => {
  it('say of both the same figures, and leave out what neither has', () => {
    const facts = pairFacts(evidence(3), evidence(5), 'positive');
    expect(facts.map((fact) => fact.name)).toEqual(['P(positive)', 'Memory kept', 'Surprise']);
    expect(facts[0]!.first).toMatch(/^0\.\d\d → 0\.\d\d$/);
    expect(facts[0]!.first).not.toBe(facts[0]!.second);
  });

  it('have no memory to keep at the first word', () => {
    expect(pairFacts(evidence(0), evidence(5), 'positive').find((fact) => fact.name === 'Memory kept')!.first).toBe('–');
  });

  it('name the chips that they moved most differently', () => {
    const bars = [
      { number: 1, first: 0.1, second: 0.1 },
      { number: 2, first: -0.2, second: 0.1 },
      { number: 3, first: 0.1, second: 0 },
    ];
    expect(mostDifferent(bars)).toBe('They differ most in chip 2 (−0.200 in 1, +0.100 in 2) and chip 3 (+0.100 in 1, 0.000 in 2).');
    expect(mostDifferent([])).toBe('');
  });
});
