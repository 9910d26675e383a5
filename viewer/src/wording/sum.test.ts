import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../data/types';
import { answerWords, pushed, pushTitle } from './answer';
import { answerPieces, rightText, sumParts, sumTotal, verdictText } from './sum';

const two = { kind: 'classifier', classes: ['negative', 'positive'] } as unknown as ModelEntry;
const three = { kind: 'classifier', classes: ['<b>ham</b>', 'spam', 'other'] } as unknown as ModelEntry;
const number = { kind: 'recording', classes: [], answer: { means: 'number' } } as unknown as ModelEntry;
const sum = { before: 0.05, up: 1.4, down: -3.5, after: -2.05 };
const words = (model: ModelEntry, followed: number | null): string =>
  sumParts(sum, answerWords(model, followed))
    .map(({ value, text }) => `${value} ${text}`)
    .join(', ');
const none = { answer: null, sure: null, truth: null, right: null, number: null, tags: null, loss: null };

describe('a sum in words', () => {
  it('names the classes as the model has them', () => {
    expect(words(two, 1)).toBe('+1.40 for positive, −3.50 for negative, +0.05 before the first word');
    expect(words(three, 0)).toBe('+1.40 for <b>ham</b>, −3.50 against it, +0.05 before the first word');
    expect(words(number, null)).toBe('+1.40 up, −3.50 down, +0.05 before the first word');
    expect(sumTotal(sum)).toBe('−2.05');
  });

  it('says what first order leaves, and says nothing of what is not known', () => {
    const rough = { ...two, answer: { means: 'class', effects: 'first order', accounts_for: 0.9 } } as ModelEntry;
    expect(words(rough, 1)).toMatch(/\+0\.05 before the first word and beyond first order$/);
    const named = (model: ModelEntry): string => answerPieces(sum, null, answerWords(model, 1))[0]!.text;
    expect([named(rough), named(two)]).toEqual(['To first order', '+1.40']);
    expect(pushTitle(answerWords(rough, 1))).toBe('Push on the verdict, in log-odds, to first order');
    expect(sumParts({ ...sum, before: Number.NaN, after: Number.NaN }, answerWords(two, 1))).toHaveLength(2);
    expect(sumTotal({ ...sum, after: Number.NaN })).toBeNull();
  });

  it('says what a push is, and which way', () => {
    expect(pushed(-0.391, answerWords(two, 1))).toBe('−0.39 in log-odds, towards negative');
    expect(pushed(-0.391, answerWords(three, 0))).toBe('−0.39 in its logit, away from <b>ham</b>');
    expect(pushed(0.002, answerWords(two, 1))).toBe('0.00 in log-odds');
    expect(pushed(0.5, answerWords(number, null))).toBe('+0.50, raises the answer');
  });

  it('says the verdict and whether it is right', () => {
    const wrong = { ...none, answer: 'positive', sure: 0.75, truth: 'negative', right: false };
    expect([verdictText(wrong), rightText(wrong)]).toEqual(['positive, 75 % sure', 'wrong: labelled negative']);
    expect(rightText({ ...wrong, right: null })).toBe('labelled negative');
    expect(rightText({ ...wrong, right: null, truth: null })).toBe('');
    expect(verdictText({ ...none, tags: { right: 7, of: 9 } })).toBe('7 of 9 tags right');
    expect(verdictText({ ...none, loss: { mean: 4.3, of: 1 } })).toBe('mean loss 4.30 nats over 1 guess');
    const value = { ...none, number: { value: 2.5, off: 0.5 } };
    expect([verdictText(value), rightText(value)]).toEqual(['2.50', 'off by 0.50']);
  });
});
