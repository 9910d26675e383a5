import { describe, expect, it } from 'vitest';
import type { ModelEntry, SentenceSteps } from '../data/types';
import { notableSteps, track, trackPath } from './track';

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
});

describe('track', () => {
  const model = { classes: ['negative', 'positive'], kind: 'classifier' } as ModelEntry;
  const steps = {
    length: 2,
    classes: 2,
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
    expect(track(model, steps)).toEqual({ name: 'P(positive)', moves: true, values: [0.25, 0.5] }));
  it('is the word that came of a language model, and nothing where none came', () => {
    expect(track({ ...model, classes: [] }, { ...steps, pClass: null, next })).toEqual({
      name: 'P(next word)',
      moves: false,
      values: [0.5, null],
    });
  });
  it('is nothing without either', () => expect(track(model, { ...steps, pClass: null })).toBeNull());
  it('keeps its numbers where no word came last', () => expect(notableSteps([0.5, 0.25, null], null)).toEqual([0, 1]));
});
