import { describe, expect, it } from 'vitest';
import { foldedText } from './folding';

describe('foldedText', () => {
  it('drops case and accents', () => {
    expect(foldedText('Soufflé ÉTÉ مُدهش')).toBe('souffle ete مدهش');
  });

  it.each([
    ['की', 'का'],
    ['फ़िल्म', 'फल्म'],
    ['が', 'か'],
    ['กำ', 'กา'],
    ['மே', 'மா'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(foldedText(one)).not.toBe(foldedText(other));
    expect(foldedText(one)).toBe(foldedText(one.normalize('NFD')));
  });
});
