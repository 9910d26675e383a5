import { expect, test } from 'vitest';
import type { SentenceSteps } from '../data/types';
import { verdictOf } from './verdict';

const steps = (of: Partial<SentenceSteps>): SentenceSteps => ({
  length: 2,
  pClass: null,
  classes: 2,
  followed: 1,
  value: null,
  target: null,
  push: null,
  loss: null,
  next: null,
  surprise: null,
  ...of,
});
const CLASSIFIER = { kind: 'classifier' as const, classes: ['negative', 'positive'] };

test('a class is named with its probability, and right where the label says so', () => {
  const pClass = Float32Array.from([0.25, 0.75, 0.875, 0.125]);
  expect(verdictOf(CLASSIFIER, { label: 0 }, steps({ pClass }))).toEqual({ text: 'negative, P 0.88', right: true });
  expect(verdictOf(CLASSIFIER, { label: 1 }, steps({ pClass }))!.right).toBe(false);
  expect(verdictOf(CLASSIFIER, { label: null }, steps({ pClass }))!.right).toBeNull();
});

test('the answer is the last one that there is', () => {
  const pClass = Float32Array.from([0.25, 0.75, NaN, NaN]);
  expect(verdictOf(CLASSIFIER, { label: 1 }, steps({ pClass }))).toEqual({ text: 'positive, P 0.75', right: true });
  const number = { kind: 'recording' as const, classes: [], answer: { means: 'number' } as never };
  expect(verdictOf(number, { label: null }, steps({ value: Float32Array.from([1.5, NaN]) }))!.text).toBe('1.50');
});

test('of a language model the mean loss is told, and nothing of a model without answers', () => {
  const speaker = { kind: 'language model' as const, classes: [] };
  expect(verdictOf(speaker, { label: null }, steps({ loss: Float32Array.from([2, 3, NaN]) }))).toEqual({
    text: 'mean loss 2.50',
    right: null,
  });
  expect(verdictOf(speaker, { label: null }, steps({}))).toBeNull();
  expect(verdictOf(CLASSIFIER, { label: 1 }, null)).toBeNull();
});
