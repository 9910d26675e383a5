import { describe, expect, it } from 'vitest';
import { signed } from './titles';

describe('signed', () => {
  it.each([
    [0.25, '+0.25'],
    [-0.4, '−0.40'],
    [0.07, '+0.07'],
    [0.003, '+0.003'],
    [-0.00042, '−0.0004'],
    [0, '+0.00'],
    [12, '+12.00'],
  ])('%d is %s', (value, text) => {
    expect(signed(value)).toBe(text);
  });
});
