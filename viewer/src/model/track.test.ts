import { describe, expect, it } from 'vitest';
import { notableSteps, trackPath } from './track';

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
