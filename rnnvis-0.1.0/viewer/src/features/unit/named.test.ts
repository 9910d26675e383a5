import { expect, it } from 'vitest';
import { named } from './named';

const vocabulary = {
  text: ['<unk>', '--', 'make', ',', 'bring', '!', 'such', '4'],
  special: [true, false, false, false, false, false, false, false],
};

it('names words, and says which marks stand among them', () => {
  expect(named([0, 1, 2, 3, 4, 6, 5], vocabulary, 3)).toEqual({ words: ['make', 'bring', 'such'], marks: ['--', ','] });
});

it('says nothing of marks that stand after the last word named', () => {
  expect(named([2, 4, 1], vocabulary, 2)).toEqual({ words: ['make', 'bring'], marks: [] });
});

it('names marks where there is nothing else', () => {
  expect(named([1, 3, 7], vocabulary, 2)).toEqual({ words: ['--', ','], marks: [] });
});
