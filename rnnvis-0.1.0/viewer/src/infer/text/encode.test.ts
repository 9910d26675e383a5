import { describe, expect, it } from 'vitest';
import type { SpecWords } from '../parts';
import { idOf, tokenize } from './encode';

const HOW: SpecWords = {
  kind: 'words',
  addresses: false,
  fold_case: false,
  unknown: 0,
  start: null,
  end: null,
  mark: null,
  share: null,
};

function said(text: string, vocabulary: readonly string[], how: Partial<SpecWords> = {}): [string[], number[]] {
  const id = new Map(vocabulary.map((word, i) => [word, i]));
  const { surface, tokens, unknown } = tokenize(text, { ...HOW, ...how }, { text: [...vocabulary], id });
  const words = Array.from(tokens, (token, i) => `${surface[i]}=${vocabulary[token] ?? token}`);
  return [words, unknown];
}

describe('text becomes the words of a vocabulary', () => {
  it('as they are counted, what is not there as unknown', () => {
    const [words, unknown] = said('Isn’t it GOOD, xyz', ['<unk>', 'is', "n't", 'it', 'good', ',']);
    expect(words).toEqual(['Is=is', "n’t=n't", 'it=it', 'GOOD=good', ',=,', 'xyz=<unk>']);
    expect(unknown).toEqual([5]);
  });

  it('as they are written first, and in lower case where that is said', () => {
    expect(said('Good good', ['<unk>', 'good', 'Good'])[0]).toEqual(['Good=Good', 'good=good']);
    expect(said('GOOD', ['<unk>', 'good'], { kind: 'spaced' })[0]).toEqual(['GOOD=<unk>']);
    expect(said('GOOD', ['<unk>', 'good'], { kind: 'spaced', fold_case: true })[0]).toEqual(['GOOD=good']);
  });

  it('−1 where nothing stands for a word', () => {
    expect(said('a b', ['a'], { unknown: null })).toEqual([['a=a', 'b=-1'], [1]]);
  });

  it('between marks', () => {
    const marks = { start: 1, end: 2 };
    expect(said('a', ['<unk>', '<s>', '</s>', 'a'], marks)).toEqual([['<s>=<s>', 'a=a', '</s>=</s>'], []]);
    expect(said('', ['<unk>', '<s>', '</s>'], marks)[0]).toEqual(['<s>=<s>', '</s>=</s>']);
  });

  it('as Penn Treebank has them', () => {
    const words = ['<unk>', 'paid', 'N', '$', 'for', 'it'];
    expect(said('Paid $ 1,000.50 for it!', words, { kind: 'penn' })[0]).toEqual([
      'Paid=paid',
      '$=$',
      '1,000.50=N',
      'for=for',
      'it=it',
    ]);
  });

  it('addresses as one word, or in pieces', () => {
    const words = ['<unk>', '<url>', 'www'];
    expect(said('www.a.org', words, { addresses: true })[0]).toEqual(['www.a.org=<url>']);
    expect(said('www.a.org', words)[0][0]).toBe('www=www');
  });

  it('characters with their marks', () => {
    const [words, unknown] = said('Ab é', ['?', 'a', 'b', '␣'], { kind: 'characters' });
    expect(words).toEqual(['A=a', 'b=b', ' =␣', 'é=?']);
    expect(unknown).toEqual([3]);
  });

  it.each<[SpecWords['mark'], string[], string, string[]]>([
    [
      '##',
      ['?', 'un', '##like', '##ly', 'like', 'un##'],
      'unlikely like',
      ['un=un', 'like=##like', 'ly=##ly', 'like=like'],
    ],
    ['@@', ['?', 'un@@', 'like', 'ly', 'like@@'], 'unlikely', ['un=un@@', 'like=like@@', 'ly=ly']],
    [
      '</w>',
      ['?', 'un', 'like', 'ly</w>', 'like</w>'],
      'unlikely like',
      ['un=un', 'like=like', 'ly=ly</w>', 'like=like</w>'],
    ],
    ['▁', ['?', '▁un', 'like', 'ly', '▁like'], 'unlikely like', ['un=▁un', 'like=like', 'ly=ly', 'like=▁like']],
    ['Ġ', ['?', 'un', 'like', 'ly', 'Ġlike'], 'unlikely like', ['un=un', 'like=like', 'ly=ly', 'like=Ġlike']],
    [null, ['?', 'ab', 'abc', 'c', ' '], 'abcab x', ['abc=abc', 'ab=ab', ' = ', 'x=?']],
  ])('pieces marked by %s, the longest first', (mark, vocabulary, text, wanted) => {
    expect(said(text, vocabulary, { kind: 'pieces', mark })[0]).toEqual(wanted);
  });

  it('pieces of what is beyond 16 bits', () => {
    expect(said('😀😀a', ['?', '😀', '😀a'], { kind: 'pieces', mark: '##' })[0]).toEqual(['😀=😀', '😀=?', 'a=?']);
  });

  it('a corrected word is looked up in the same way', () => {
    const id = new Map(['<unk>', 'good'].map((word, i) => [word, i]));
    expect(idOf('GOOD', HOW, { id })).toBe(1);
    expect(idOf('bad', HOW, { id })).toBeNull();
  });
});

describe('what is no sentence is named', () => {
  it('a text without end', () => {
    expect(() => said('a '.repeat(60_000), ['a'])).toThrow(/120,000 characters are too many/);
  });

  it('a file that is no text', () => {
    const file = Array.from({ length: 2000 }, (_, i) => String.fromCharCode((i * 31) % 32)).join('');
    expect(() => said(`PNG${file}`, ['a'])).toThrow(/no text/);
    expect(() => said('one bell \u0007 is a text', ['a'])).not.toThrow();
  });
});
