import type { Source } from '../source';
import type { DatasetEntry, Vocabulary } from '../types';
import { corpusLines, corpusSurfaces, corpusTokens } from './corpusLines';

/** Of these sentences the words that the model does not know, as they were written; only of those that have some. */
export async function unknownWords(
  source: Source,
  dataset: DatasetEntry,
  vocabulary: Vocabulary,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string[]>> {
  const [lines, tokens, surfaces] = await Promise.all([
    corpusLines(source, dataset),
    corpusTokens(source, dataset),
    corpusSurfaces(source, dataset),
  ]);
  const wanted = new Set(ids);
  const found = new Map<number, string[]>();
  lines.id.forEach((id, place) => {
    if (!wanted.has(id)) return;
    const surface = surfaces[place]!;
    const words = Array.from(tokens[place]!).flatMap((token, step) =>
      vocabulary.special[token] ? [surface[step] ?? ''] : [],
    );
    if (words.length) found.set(id, words);
  });
  return found;
}
