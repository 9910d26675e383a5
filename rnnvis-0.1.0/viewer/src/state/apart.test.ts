import { expect, test } from 'vitest';
import { readApart, writeApart, type Apart } from './apart';

test('a list of sentences goes through a link', () => {
  const apart: Apart = { text: '/a,b;c/ but', split: 'test', outcome: 'b' };
  expect(readApart(writeApart(apart))).toEqual(apart);
  expect(readApart('any,,')).toEqual({ text: '', split: '', outcome: 'any' });
});

test.each(['', 'any,test', 'some,test,but', 'any,test,but,more', `any,,${'x'.repeat(201)}`, 'any,,%'])(
  'what is none is refused: %s',
  (value) => {
    expect(() => readApart(value)).toThrow();
  },
);
