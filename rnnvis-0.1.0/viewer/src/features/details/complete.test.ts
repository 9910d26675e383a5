import { describe, expect, it } from 'vitest';
import type { Vocabulary } from '../../data/types';
import { complete } from './complete';

const text = ['<unk>', 'the', 'movie', 'lovely', 'love', 'glove', 'Émile'];
const vocabulary: Vocabulary = {
  text,
  count: new Float64Array(text.length),
  special: text.map((word) => word === '<unk>'),
  classAssociation: text.map(() => null),
  id: new Map(text.map((word, id) => [word, id])),
};

describe('complete', () => {
  it('offers the word itself, then beginnings, then the rest', () => {
    expect(complete(vocabulary, 'love', [])).toEqual(['love', 'lovely', 'glove']);
  });
  it('leaves out what is selected, and stand-ins', () => {
    expect(complete(vocabulary, 'lov', ['love'])).toEqual(['lovely', 'glove']);
    expect(complete(vocabulary, '<', [])).toEqual([]);
  });
  it('offers frequent words before anything is typed', () =>
    expect(complete(vocabulary, '', [], 2)).toEqual(['the', 'movie']));
  it('does not mind capitals', () => expect(complete(vocabulary, 'émi', [])).toEqual(['Émile']));
});
