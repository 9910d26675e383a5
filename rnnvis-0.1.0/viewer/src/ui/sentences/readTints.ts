import { corpusAlong, corpusLines, corpusSurfaces } from '../../data/queries/corpusLines';
import type { Source } from '../../data/source';
import type { DatasetEntry, ModelEntry } from '../../data/types';
import { largest } from '../../model/scale';
import { wordLosses } from '../../model/verdict';

interface Along {
  surface: readonly string[];
  values: ArrayLike<number>;
}

/** What tints the words of sentences in a list: one scale for all of them. */
export interface Tints {
  /** Whether the tint is what a word pushed, and not its loss. */
  signed: boolean;
  /** The largest value of any word of the list, in size. */
  most: number;
  of: (sentence: number) => Along | null;
}

/** What tints the words of these sentences; null where nothing along sentences is known. */
export async function readTints(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  followed: number | null,
  wanted: readonly number[],
): Promise<Tints | null> {
  const along = await corpusAlong(source, model, followed);
  if (!along) return null;
  const [lines, surfaces] = await Promise.all([corpusLines(source, dataset), corpusSurfaces(source, dataset)]);
  const place = new Map(Array.from(lines.id, (id, at) => [id, at]));
  const rows = new Map<number, Along>();
  for (const id of wanted) {
    const surface = Array.from(surfaces[place.get(id) ?? -1] ?? []);
    const made = along.of(id, surface.length);
    const values = made && (along.signed ? made : wordLosses(model, { loss: made, length: surface.length }));
    if (values) rows.set(id, { surface, values });
  }
  const most = largest([...rows.values()].map(({ values }) => largest(values)));
  return { signed: along.signed, most, of: (id) => rows.get(id) ?? null };
}
