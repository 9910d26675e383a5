import { expect, test } from 'vitest';
import { DataProblem } from '../problem';
import { foldedText } from '../folding';
import { writtenTest, type Written } from './written';

function found(text: string, as: Written, texts: readonly string[]): string[] {
  const holds = writtenTest(text, as);
  return texts.filter((one) => holds(one, foldedText(one)));
}

const TEXTS = [
  'But it is long',
  'a butterfly',
  'no, but',
  'attribute',
  'not very good',
  'not  very',
  'nothing very',
  'café',
  'c++ (old)',
];

test('a word is found as a word, letters anywhere', () => {
  expect(found('but', 'words', TEXTS)).toEqual(['But it is long', 'no, but']);
  expect(found('but', 'letters', TEXTS)).toEqual(['But it is long', 'a butterfly', 'no, but', 'attribute']);
});

test('several words stand one after the other, with any space between', () => {
  expect(found(' not very ', 'words', TEXTS)).toEqual(['not very good', 'not  very']);
  expect(found('not very', 'letters', TEXTS)).toEqual(['not very good']);
});

test('accents, case and signs of expressions are taken as text', () => {
  expect(found('CAFE', 'words', TEXTS)).toEqual(['café']);
  expect(found('c++', 'words', TEXTS)).toEqual(['c++ (old)']);
  expect(found('.', 'words', TEXTS)).toEqual([]);
  expect(found('', 'words', TEXTS)).toEqual(TEXTS);
});

test('an expression is one in both, and a broken one says so', () => {
  expect(found('/^no\\b/', 'words', TEXTS)).toEqual(['no, but']);
  expect(() => writtenTest('/(/', 'words')).toThrow(DataProblem);
});

test('letters of a script whose marks are vowels are not cut', () => {
  expect(found('का', 'words', ['यह का है', 'यह काम है'])).toEqual(['यह का है']);
});
