import { describe, expect, it } from 'vitest';
import { tourSteps, type TourFacts } from './steps';

const facts: TourFacts = {
  sentence: 'a dull but sweet film',
  word: 'but',
  step: 2,
  className: 'positive',
  before: 0.2,
  after: 0.61,
  chip: { number: 3, mean: -0.125, units: 7 },
  words: ['sweet', 'dull'],
  cloud: 4,
  second: 'abc',
  pinned: true,
};

describe('the tour', () => {
  it('has five steps and says the numbers that it is given', () => {
    const steps = tourSteps(facts);
    expect(steps).toHaveLength(5);
    expect(steps[0]!.text).toContain('P(positive) moved: it went from 0.20 to 0.61');
    expect(steps[1]!.at[0]).toBe('[data-step="2"]');
    expect(steps[2]!.text).toContain('7 units');
    expect(steps[2]!.text).toContain('−0.125');
    expect(steps[3]!.text).toContain('“sweet”, “dull”');
    expect(steps[4]!.beside).toEqual({ key: 'abc', title: 'Show both sentences' });
  });

  it('says so where the answer hardly moved', () => {
    expect(tourSteps({ ...facts, before: 0.8, after: 0.78 })[0]!.text).toContain(
      'P(positive) hardly moved: it went from 0.80 to 0.78',
    );
  });

  it('makes do without classes and without a pinned word', () => {
    const steps = tourSteps({
      ...facts,
      className: null,
      before: null,
      after: null,
      chip: null,
      words: [],
      second: null,
      pinned: false,
    });
    expect(steps).toHaveLength(5);
    expect(steps[4]!.beside).toBeUndefined();
    expect(steps.map(({ text }) => text).join(' ')).not.toMatch(/P\(|NaN|undefined|null/);
  });
});
