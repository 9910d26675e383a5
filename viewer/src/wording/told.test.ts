import { describe, expect, it } from 'vitest';
import { bits, natDigits, nats } from './numbers';
import { amount, moves, noAblation, valueName } from './told';

describe('amounts', () => {
  it('shows two digits of a loss, and as many of its error', () => {
    expect(nats(0.0042)).toBe('+0.0042 nats');
    expect(nats(Math.fround(0.01))).toBe('+0.010 nats');
    expect(nats(-0.5)).toBe('−0.50 nats');
    expect(amount(0.0302, 0.0041)).toBe('0.030 ± 0.004');
    expect(amount(0.00003, 0.0005)).toBe('0.00003 ± 0.00050');
    expect(amount(3.2141, 0.0041)).toBe('3.214 ± 0.004');
    expect(amount(0.2, null)).toBe('0.20');
    expect(natDigits(0)).toBe(2);
  });
  it('says which way the loss goes', () => {
    expect(moves({ increase: -0.02, standardError: 0.004 })).toBe('falls by 0.020 ± 0.004');
    expect(moves({ increase: 0.02, standardError: null })).toBe('rises by 0.020');
  });
  it('keeps a third decimal of few bits', () => {
    expect([bits(1.254), bits(0.0154), bits(0), bits(0.0004)]).toEqual([
      '1.25 bits',
      '0.015 bits',
      '0.000 bits',
      '< 0.001 bits',
    ]);
  });
});

describe('names', () => {
  it('fits after “highest at”', () => {
    expect(valueName('part_of_speech', 'determiner')).toBe('determiners');
    expect(valueName('part_of_speech', 'punctuation')).toBe('punctuation');
    expect(valueName('part_of_speech', 'other')).toBe('other words');
    expect(valueName('position', '3–4')).toBe('word 3–4');
    expect(valueName('label', 'positive')).toBe('positive');
  });
  it('gives the reason where nothing was switched off', () => {
    const said = 'Nothing was switched off: what the model answers is not known.';
    expect(noAblation({ ablation: said })).toBe(said);
    expect(noAblation({})).toBe('No ablation was published for this state.');
  });
});
