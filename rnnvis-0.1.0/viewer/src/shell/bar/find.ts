import type { Match } from '../../data/queries';
import type { Vocabulary } from '../../data/types';

/** Something that the search box offers. */
export type Offer =
  | { kind: 'word'; text: string; count: number }
  | { kind: 'part'; text: string; count: number }
  | { kind: 'unit'; unit: number }
  | { kind: 'sentence'; key: string; text: string; label: number | null }
  | { kind: 'all'; text: string; match: Match; total: number | null };

/** What the offers of a kind are called. */
export const KINDS: Record<Offer['kind'], string> = {
  unit: 'unit',
  word: 'word',
  part: 'part of words',
  sentence: 'sentence',
  all: 'sentences',
};

/** Words for what was typed: the word itself, then words that begin with it, then words that hold it; frequent ones first. */
export function findWords(vocabulary: Vocabulary, typed: string, limit = 6): Offer[] {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return [];
  const ranks: number[][] = [[], [], []];
  for (const [id, text] of vocabulary.text.entries()) {
    if (vocabulary.special[id]) continue;
    const at = text.toLowerCase().indexOf(wanted);
    if (at >= 0) ranks[text.length === wanted.length ? 0 : at === 0 ? 1 : 2]!.push(id);
  }
  const own = new Set(ranks[0]);
  return ranks
    .flat()
    .slice(0, limit)
    .map((id) => ({ kind: own.has(id) ? 'word' : 'part', text: vocabulary.text[id]!, count: vocabulary.count[id]! }));
}

/** The unit that a number, or “unit 33”, means. */
export function findUnit(typed: string, units: number): Offer[] {
  const number = /^(?:unit\s*)?(\d{1,6})$/i.exec(typed.trim())?.[1];
  return number !== undefined && Number(number) < units ? [{ kind: 'unit', unit: Number(number) }] : [];
}
