import { describe, expect, it } from 'vitest';
import type { Vocabulary } from '../../data/types';
import { findUnit, findWords } from './find';

const text = ['the', '<unk>', 'loved', 'love', 'glove', 'film'];
const vocabulary: Vocabulary = {
  text,
  count: Float64Array.from([9, 8, 7, 6, 5, 4]),
  special: text.map((word) => word === '<unk>'),
  classAssociation: text.map(() => null),
  id: new Map(text.map((word, id) => [word, id])),
};

describe('findWords', () => {
  it('puts the word itself first, then beginnings, then words that hold it', () => {
    expect(findWords(vocabulary, ' Love ').map((offer) => 'text' in offer && offer.text)).toEqual([
      'love',
      'loved',
      'glove',
    ]);
  });

  it('says which is the word itself, and which only hold it', () => {
    expect(findWords(vocabulary, 'LOVE').map(({ kind }) => kind)).toEqual(['word', 'part', 'part']);
  });

  it('offers nothing for nothing, and no stand-ins', () => {
    expect(findWords(vocabulary, ' ')).toEqual([]);
    expect(findWords(vocabulary, 'unk')).toEqual([]);
  });
});

describe('findUnit', () => {
  it('knows numbers of units that exist', () => {
    expect(findUnit('unit 33', 64)).toEqual([{ kind: 'unit', unit: 33 }]);
    expect(findUnit('3', 64)).toEqual([{ kind: 'unit', unit: 3 }]);
    expect(findUnit('64', 64)).toEqual([]);
    expect(findUnit('film', 64)).toEqual([]);
  });
});
