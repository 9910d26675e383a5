import { describe, expect, it } from 'vitest';
import type { ModelEntry, SentenceSteps } from '../data/types';
import { along, notableSteps, track, trackPath } from './track';

describe('notableSteps', () => {
  it('names first, last, pinned, the highest and both sides of the fall', () => {
    const p = [0.64, 0.85, 0.88, 0.94, 0.94, 0.91, 0.89, 0.85, 0.8, 0.29, 0.22, 0.12];
    expect(notableSteps(p, 5)).toEqual([0, 3, 5, 8, 9, 11]);
  });

  it('is short on a flat line, and empty without steps', () => {
    expect(notableSteps([0.5, 0.5, 0.5, 0.5], null)).toEqual([0, 3]);
    expect(notableSteps([], 3)).toEqual([]);
  });
});

describe('trackPath', () => {
  it('passes through every point', () => {
    const d = trackPath([
      [0, 0],
      [10, 20],
      [5, 40],
    ]);
    expect(d.startsWith('M0,0C')).toBe(true);
    expect(d).toContain('10,20C');
    expect(d.endsWith('5,40')).toBe(true);
  });

  it('stands upright where it turns, so that it never runs past a value, and is straight between two points', () => {
    // prettier-ignore
    const turn = [[0, 0], [10, 10], [0, 20]] as const;
    expect(trackPath(turn)).toBe('M0,0C5,3.33,10,6.67,10,10C10,13.33,5,16.67,0,20');
    expect(trackPath(turn.slice(0, 2))).toBe('M0,0L10,10');
    expect(trackPath([])).toBe('');
  });
});

describe('track', () => {
  const model = { classes: ['negative', 'positive'], kind: 'classifier' } as ModelEntry;
  const steps = {
    length: 2,
    classes: 2,
    followed: 1,
    pClass: Float32Array.from([0.75, 0.25, 0.5, 0.5]),
    next: null,
  } as SentenceSteps;
  const next = {
    p: Float32Array.from([0.5, NaN]),
    count: 1,
    ids: Int32Array.from([0, 0]),
    probabilities: Float32Array.from([1, 1]),
  };

  it('is the last class of a classifier', () =>
    expect(track(model, steps)).toEqual({ name: 'P(positive)', moves: true, values: [0.25, 0.5], range: [0, 1] }));
  it('is the word that came of a language model, and nothing where none came', () => {
    expect(track({ ...model, classes: [] }, { ...steps, pClass: null, next })).toEqual({
      name: 'P(next word)',
      moves: false,
      values: [0.5, null],
      range: [0, 1],
    });
  });
  it('follows the chosen of several classes, and is nothing where a step has no answer', () => {
    const three = { ...model, classes: ['world', 'sport', 'trade'] };
    const of = { ...steps, classes: 3, followed: 0, pClass: Float32Array.from([0.5, 0.25, 0.25, NaN, NaN, NaN]) };
    expect(track(three, of)).toEqual({ name: 'P(world)', moves: true, values: [0.5, null], range: [0, 1] });
  });
  it('is the probability of the right tag, anew at each word', () => {
    const tagger = { ...model, kind: 'recording', answer: { means: 'tag', per: 'step' } } as ModelEntry;
    expect(track(tagger, { ...steps, target: Int32Array.from([0, -1]) })).toEqual({
      name: 'P(right tag)',
      moves: false,
      values: [0.75, null],
      range: [0, 1],
    });
  });
  it('is a number between its ends, zero and those of a sentence beside it among them', () => {
    const scored = { ...model, kind: 'recording', classes: [], answer: { means: 'number', per: 'step' } } as unknown;
    const value = (...of: number[]): SentenceSteps => ({ ...steps, pClass: null, value: Float32Array.from(of) });
    const found = track(scored as ModelEntry, value(2, NaN), value(-2, 1))!;
    expect(found).toEqual({ name: 'Answer', moves: true, values: [2, null], range: [-2, 2] });
    expect(along(0, found.range)).toBe(0.5);
  });
  it('is nothing without either', () => expect(track(model, { ...steps, pClass: null })).toBeNull());
  it('keeps its numbers where no word came last', () => expect(notableSteps([0.5, 0.25, null], null)).toEqual([0, 1]));
});
