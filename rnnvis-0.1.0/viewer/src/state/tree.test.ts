import { describe, expect, it } from 'vitest';
import {
  grow,
  keptBefore,
  keyOf,
  LONGEST_TREE,
  pathTo,
  placed,
  prune,
  readTree,
  wordsTo,
  writeTree,
  type Tree,
} from './tree';

/** the film → is → (good → not, bad); and after “the” alone: plot. */
const tree: Tree = {
  root: 'words::the\nfilm',
  grown: [
    { after: -2, word: 'is' },
    { after: 0, word: 'good' },
    { after: -1, word: 'plot' },
    { after: 0, word: 'bad' },
    { after: 1, word: 'not' },
  ],
};

describe('a tree of continuations', () => {
  it('knows the words that lead to each of its own', () => {
    expect(pathTo(tree, 4)).toEqual([0, 1, 4]);
    expect(wordsTo(tree, 4)).toEqual(['the', 'film', 'is', 'good', 'not']);
    expect(wordsTo(tree, 2)).toEqual(['the', 'plot']);
    expect([keptBefore(tree, 4), keptBefore(tree, 2)]).toEqual([2, 1]);
    expect(keyOf(tree, 3)).toBe('words::the\nfilm\nis\nbad');
  });

  it('holds in what it grows what is held in the sentence', () => {
    const off = { ...tree, root: 'words:rnn.0.h,zero,1.3,0;start,cb1f:the\nfilm' };
    expect(keyOf(off, 0)).toBe('words:rnn.0.h,zero,1.3,0;start,cb1f:the\nfilm\nis');
  });

  it('grows, and has no word twice in a place', () => {
    expect(grow(tree, 0, 'good')).toEqual({ tree, at: 1 });
    const { tree: more, at } = grow(tree, 3, 'good');
    expect(at).toBe(5);
    expect(wordsTo(more, at)).toEqual(['the', 'film', 'is', 'bad', 'good']);
  });

  it('is pruned with all that was grown after a word', () => {
    expect(prune(tree, 1)).toEqual({
      root: tree.root,
      grown: [
        { after: -2, word: 'is' },
        { after: -1, word: 'plot' },
        { after: 0, word: 'bad' },
      ],
    });
    expect(prune(tree, 0)!.grown).toEqual([{ after: -1, word: 'plot' }]);
    expect(prune({ ...tree, grown: [{ after: -2, word: 'is' }] }, 0)).toBeNull();
  });

  it('stands with every word under what it goes on from', () => {
    expect(placed(tree).map(({ at, depth, leaf }) => [tree.grown[at]!.word, depth, leaf])).toEqual([
      ['plot', 0, true],
      ['is', 0, false],
      ['good', 1, false],
      ['not', 2, true],
      ['bad', 1, true],
    ]);
  });

  it('is the same after it was in a link, whatever its words are', () => {
    const odd = grow(tree, 4, 'a;b.c %20 “é” 👍').tree;
    expect(readTree(writeTree(odd)!)).toEqual(odd);
    expect(writeTree(grow(tree, 4, 'x'.repeat(LONGEST_TREE)).tree)).toBeNull();
  });

  it.each([
    ['a published sentence', 'cb1f;0.is'],
    ['no word', 'words%3A%3Athe'],
    ['a word after one that comes later', 'words%3A%3Athe;1.is;-1.a'],
    ['a word after itself', 'words%3A%3Athe;0.is'],
    ['more words of the sentence than it has', 'words%3A%3Athe;-2.is'],
    ['a word of two lines', 'words%3A%3Athe;-1.a%0Ab'],
    ['half an escape', 'words%3A%3Athe;-1.%'],
  ])('is refused in a link of %s', (_, text) => {
    expect(() => readTree(text)).toThrow();
  });
});
