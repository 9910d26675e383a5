/** Continuations of a sentence as a tree, in the view and in its link. */

import { readMade, writeMade } from '../data/made';

/** Words that a tree may hold. */
export const MOST_GROWN = 60;
/** What it may take up in a link, percent-encoded. */
export const LONGEST_TREE = 3000;
const LONGEST_WORD = 80;

export interface Grown {
  /** What it goes on from: another grown word by its number, or −n for the first n words of the sentence. */
  after: number;
  word: string;
}

export interface Tree {
  /** Key of the sentence that is continued, word by word: `words:…`. */
  root: string;
  /** In the order in which they were grown: each after what it goes on from. */
  grown: readonly Grown[];
}

/** The words of the sentence that is continued. */
export function rootWords({ root }: Tree): readonly string[] {
  const base = readMade(root)?.base;
  return base && 'words' in base ? base.words : [];
}

/** Numbers of the grown words that lead to one, from the first to itself. */
export function pathTo({ grown }: Tree, at: number): number[] {
  const path: number[] = [];
  for (let i = at; i >= 0; i = grown[i]!.after) path.unshift(i);
  return path;
}

/** How many words of the sentence stand before a grown one. */
export function keptBefore(tree: Tree, at: number): number {
  return -tree.grown[pathTo(tree, at)[0]!]!.after;
}

/** All words of the sentence that ends in a grown one. */
export function wordsTo(tree: Tree, at: number): string[] {
  return [...rootWords(tree).slice(0, keptBefore(tree, at)), ...pathTo(tree, at).map((i) => tree.grown[i]!.word)];
}

/** Key of that sentence; what is held in the first one is held here too. */
export function keyOf(tree: Tree, at: number): string {
  return writeMade({ ...readMade(tree.root)!, base: { words: wordsTo(tree, at) } });
}

/** The tree with a word more, and its number: that of the same word where it is there already. */
export function grow(tree: Tree, after: number, word: string): { tree: Tree; at: number } {
  const known = tree.grown.findIndex((one) => one.after === after && one.word === word);
  if (known >= 0) return { tree, at: known };
  return { tree: { ...tree, grown: [...tree.grown, { after, word }] }, at: tree.grown.length };
}

/** The tree without a word and all that was grown after it; null where nothing is left. */
export function prune(tree: Tree, at: number): Tree | null {
  const moved = new Map<number, number>();
  const grown: Grown[] = [];
  tree.grown.forEach((one, i) => {
    if (i === at || (one.after >= 0 && !moved.has(one.after))) return;
    moved.set(i, grown.length);
    grown.push({ ...one, after: one.after < 0 ? one.after : moved.get(one.after)! });
  });
  return grown.length ? { ...tree, grown } : null;
}

/** A grown word in its place: `depth` words of the tree stand before it on its path. */
export interface Placed {
  at: number;
  depth: number;
  /** Whether nothing was grown after it. */
  leaf: boolean;
}

/** All of them, each under what it goes on from; siblings, and those of the sentence itself, in the order in which they were grown. */
export function placed({ grown }: Tree): Placed[] {
  const found: Placed[] = [];
  const below = (after: number, depth: number): void =>
    grown.forEach((one, at) => {
      if (one.after !== after) return;
      found.push({ at, depth, leaf: !grown.some((other) => other.after === at) });
      below(at, depth + 1);
    });
  const starts = [...new Set(grown.map(({ after }) => after).filter((after) => after < 0))].sort((a, b) => b - a);
  for (const after of starts) below(after, 0);
  return found;
}

/** `root;after.word;after.word`, each part percent-encoded; null where it is too long for a link. */
export function writeTree({ root, grown }: Tree): string | null {
  const parts = [root, ...grown.map(({ after, word }) => `${after}.${word}`)];
  const text = parts.map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\uFFFD'))).join(';');
  return text.length <= LONGEST_TREE ? text : null;
}

/** Reads what `writeTree` wrote. Throws where it is something else. */
export function readTree(value: string): Tree {
  const [root = '', ...parts] = value.split(';').map(decodeURIComponent);
  const base = readMade(root)?.base;
  if (!base || !('words' in base) || !parts.length || parts.length > MOST_GROWN) throw new Error('not such a tree');
  const { words } = base;
  const grown = parts.map((part, i): Grown => {
    const [, number, word] = /^(-?\d{1,4})\.([^]+)$/.exec(part) ?? [];
    const after = Number(number);
    if (
      !word ||
      word.length > LONGEST_WORD ||
      word.includes('\n') ||
      after >= i ||
      after < -words.length ||
      Object.is(after, -0)
    )
      throw new Error('not such a tree');
    return { after, word };
  });
  return { root, grown };
}
