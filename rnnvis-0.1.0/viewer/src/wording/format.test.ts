import { describe, expect, it } from 'vitest';
import {
  correlation,
  count,
  fixed,
  listed,
  percent,
  plusMinus,
  signOf,
  signed,
  significant,
  surpriseSentence,
  surpriseText,
  tick,
} from './format';

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

describe('values of any size', () => {
  it('have three digits that count, and a true minus', () => {
    expect([0.012345, -4.126, 20_345, 0, -0.000012].map((value) => significant(value))).toEqual([
      '0.0123',
      '−4.13',
      '20,300',
      '0',
      '−0.000012',
    ]);
    expect(significant(Number.NaN)).toBe('–');
  });
});

describe('surpriseText', () => {
  it('is a word that praises nothing', () => {
    expect(surpriseText(52)).toBe('Ordinary');
    expect(surpriseText(77)).toBe('Unusual');
    expect(surpriseText(99.9)).toBe('Very unusual');
    expect(surpriseSentence(99.9)).toBe('very unusual: farther from the usual than 99 % of its uses');
  });
});

describe('errors and correlations', () => {
  it('are never written as none', () => {
    expect(plusMinus(0.123)).toBe('± 0.12');
    expect(plusMinus(0.0031)).toBe('± 0.003');
    expect(plusMinus(0.00004)).toBe('± 0.00004');
    expect(plusMinus(1e-9)).toBe('± < 0.000001');
    expect(plusMinus(0)).toBe('');
    expect(plusMinus(NaN)).toBe('');
  });
  it('are never written as perfect', () => {
    expect(correlation(0.9997)).toBe('> 0.999');
    expect(correlation(0.98)).toBe('0.980');
    expect(correlation(1)).toBe('1.000');
  });
});

it.each([
  [0.004, 0],
  [-0.004, 0],
  [0.006, 1],
  [-0.006, -1],
])('%f has the sign that is written of it', (value, sign) => {
  expect(signOf(value)).toBe(sign);
});
