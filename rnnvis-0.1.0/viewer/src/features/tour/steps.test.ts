import { describe, expect, it } from 'vitest';
import { tourSteps, type TourFacts } from './steps';

const facts: TourFacts = {
  sentence: 'a dull but sweet film',
  word: 'but',
  step: 2,
  className: 'positive',
  before: 0.2,
  after: 0.61,
  push: '+1.820 in log-odds, towards positive',
  shows: { rising: 'towards positive', falling: 'towards negative' },
  chip: { number: 3, moved: -0.125, units: 7, push: '+0.035 in log-odds, towards positive' },
  linksPushed: true,
  words: ['sweet', 'dull'],
  cloud: 4,
  pair: { first: 'me', second: 'abc', turn: 'but' },
  own: 'me',
  pinned: true,
  runs: true,
};

describe('the tour', () => {
  it('ends at a sentence of one’s own where the model runs in the page', () => {
    expect(tourSteps(facts)[5]).toMatchObject({ types: true });
    expect(tourSteps({ ...facts, runs: false }).some(({ types }) => types)).toBe(false);
  });

  it('has six steps and says the numbers that it is given', () => {
    const steps = tourSteps(facts);
    expect(steps).toHaveLength(6);
    expect(steps[0]!.text).toContain('P(positive) moved: it went from 0.20 to 0.61');
    expect(steps[1]!.at[0]).toBe('[data-step="2"]');
    expect(steps[2]!.text).toContain('7 units');
    expect(steps[2]!.title).toBe('Chip 3 pushed most');
    expect(steps[2]!.text).toContain('they pushed at “but”: +0.035 in log-odds, towards positive, in sum.');
    expect(steps[2]!.text).toContain('They moved by −0.125 on average.');
    expect(steps[1]!.text).toContain('orange pushed towards positive, blue towards negative');
    expect(steps[1]!.text).toContain('“but” pushed +1.820 in log-odds');
    expect(steps[3]!.text).toContain('“sweet”, “dull”');
    expect(steps[3]!.text).toContain('Orange links are what they push towards positive through a chip');
    expect(steps[4]!.beside).toEqual({ first: 'me', second: 'abc', turn: 'but', title: 'Show both sentences' });
    expect(steps[4]!.text).toContain('in the other order can stand beside this sentence');
  });

  it('offers a pair of other sentences where this one has no other order', () => {
    const last = tourSteps({ ...facts, pair: { first: 'a', second: 'b', turn: 'but' } })[4]!;
    expect(last.beside).toMatchObject({ first: 'a', second: 'b', title: 'Show both sentences' });
    expect(last.text).toContain('the same clauses in either order');
  });

  it('says what a chip pushed too while what moved is shown, and makes do without pushes', () => {
    const moved = tourSteps({ ...facts, shows: null });
    expect(moved[2]!.title).toBe('Chip 3 moved most');
    expect(moved[2]!.text).toContain(
      'what “but” changed: −0.125 on average. Together they pushed +0.035 in log-odds, towards positive.',
    );
    expect(moved[1]!.text).toContain('orange rose, blue fell');
    const none = tourSteps({ ...facts, shows: null, push: null, chip: { ...facts.chip!, push: null } });
    expect(none.map(({ text }) => text).join(' ')).not.toMatch(/pushed [+−]|log-odds|null/);
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
      push: null,
      shows: null,
      chip: null,
      words: [],
      pair: null,
      pinned: false,
    });
    expect(steps).toHaveLength(6);
    expect(steps[4]!.beside).toBeUndefined();
    expect(steps.map(({ text }) => text).join(' ')).not.toMatch(/P\(|NaN|undefined|null/);
  });
});
