import { describe, expect, it } from 'vitest';
import { count, fixed, listed, percent, signed, surpriseText, tick } from './format';

describe('numbers', () => {
  it('uses a true minus and never a negative zero', () => {
    expect(signed(-0.372)).toBe('−0.37');
    expect(signed(0.372)).toBe('+0.37');
    expect(signed(-0.001)).toBe('0.00');
    expect(signed(0.001)).toBe('0.00');
    expect(fixed(-2, 0)).toBe('−2');
    expect(tick(0, 2)).toBe('0');
  });
  it('keeps small shares apart from nothing', () => {
    expect(percent(0.004)).toBe('0.4 %');
    expect(percent(0.0001)).toBe('< 0.1 %');
    expect(percent(0)).toBe('0 %');
    expect(percent(0.77)).toBe('77 %');
  });
  it('says when there is no number', () => {
    expect(signed(NaN)).toBe('–');
    expect(percent(NaN)).toBe('–');
  });
  it('sets thousands apart', () => expect(count(277457)).toBe('277,457'));
  it('lists words', () => {
    expect(listed([])).toBe('');
    expect(listed(['a'])).toBe('a');
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
  });
});

describe('surpriseText', () => {
  it('counts from the nearer end', () => {
    expect(surpriseText(77)).toBe('Top 23 %');
    expect(surpriseText(12)).toBe('Lowest 12 %');
    expect(surpriseText(99.9)).toBe('Top 1 %');
  });
});
