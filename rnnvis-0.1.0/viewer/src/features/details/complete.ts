import type { Vocabulary } from '../../data/types';

/** Words to offer for what was typed: the word itself, then words that begin with it, then words that hold it. */
export function complete(vocabulary: Vocabulary, typed: string, without: readonly string[], limit = 8): string[] {
  const wanted = typed.trim().toLowerCase();
  const taken = new Set(without);
  const found: string[][] = [[], [], []];
  for (const [id, text] of vocabulary.text.entries()) {
    if (vocabulary.special[id] || taken.has(text)) continue;
    const at = text.toLowerCase().indexOf(wanted);
    if (at < 0) continue;
    found[text.toLowerCase() === wanted ? 0 : at === 0 ? 1 : 2]!.push(text);
    if (found[1]!.length >= limit && wanted === '') break;
  }
  return found.flat().slice(0, limit);
}
