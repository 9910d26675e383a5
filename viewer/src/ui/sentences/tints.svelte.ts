import { corpusAlong, corpusLines, corpusSurfaces } from '../../data/queries/corpusLines';
import { largest } from '../../model/scale';
import { wordLosses } from '../../model/verdict';
import type { Explorer } from '../../state/explorer.svelte';

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

/** Reads what tints these sentences, whenever they change; what cannot be read leaves them untinted. */
export function tintsOf(explorer: () => Explorer, ids: () => readonly number[]): () => Tints | null {
  let tints = $state.raw<Tints | null>(null);
  $effect(() => {
    const { source, dataset, model, followed } = explorer();
    const wanted = ids();
    let dropped = false;
    if (!source || !dataset || !model || !wanted.length) return undefined;
    const read = async (): Promise<Tints | null> => {
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
    };
    read().then(
      (made) => {
        if (!dropped) tints = made;
      },
      () => {
        if (!dropped) tints = null;
      },
    );
    return () => (dropped = true);
  });
  return () => tints;
}
