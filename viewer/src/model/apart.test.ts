import { expect, test } from 'vitest';
import type { Answers } from '../data/answers';
import { answered, apartBy, furthestFirst } from './apart';

const answers: Answers = {
  row: new Map([
    [4, 0],
    [9, 1],
  ]),
  classes: 2,
  predicted: Int16Array.from([1, -1]),
  probabilities: Float32Array.from([0.25, 0.75, NaN, NaN]),
  value: Float32Array.from([NaN, 2]),
  target: Float32Array.from([NaN, 3]),
  loss: Float32Array.from([0.5, 1]),
  surprise: new Float32Array(),
  surpriseStep: new Int32Array(),
};

test('what is compared depends on what both models answer', () => {
  const two = { means: 'class', classes: ['no', 'yes'] } as const;
  expect(apartBy(two, two)).toBe('probability');
  expect(apartBy(two, { means: 'class', classes: ['yes', 'no'] })).toBe('loss');
  expect(apartBy({ means: 'number', classes: [] }, { means: 'number', classes: [] })).toBe('value');
  expect(apartBy({ means: 'next word', classes: [] }, { means: 'next word', classes: [] })).toBe('loss');
});

test('an answer is right where the label says so, and unknown where nothing is known', () => {
  expect(answered(answers, 4, 1, 'probability', 1)).toEqual({ predicted: 1, right: true, loss: 0.5, value: 0.75 });
  expect(answered(answers, 4, 0, 'probability', 0)).toEqual({ predicted: 1, right: false, loss: 0.5, value: 0.25 });
  expect(answered(answers, 4, null, 'loss', null)).toEqual({ predicted: 1, right: null, loss: 0.5, value: 0.5 });
  expect(answered(answers, 9, 1, 'value', null)).toEqual({ predicted: null, right: null, loss: 1, value: 2 });
  expect(answered(answers, 7, 1, 'loss', null).value).toBeNaN();
  expect(answered(answers, undefined, 1, 'loss', null).right).toBeNull();
});

test('the furthest apart come first, equals in order, and the unknown last', () => {
  const value = (of: number) => ({ predicted: null, right: null, loss: 0, value: of });
  const rows = furthestFirst(
    ['near', 'unknown', 'far', 'far too'],
    (name) => value(name === 'unknown' ? NaN : 0.1),
    (name) => value(name === 'near' ? 0.2 : 0.9),
  );
  expect(rows.map(({ sentence }) => sentence)).toEqual(['far', 'far too', 'near', 'unknown']);
  expect(rows[0]!.apart).toBeCloseTo(0.8, 10);
});
