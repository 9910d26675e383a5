import type { Explorer } from '../../state/explorer.svelte';
import type { Offered } from '../../ui/exports/offer';

/** Parts of the picture that are saved alone, and what each is called in the name of a file. */
const PARTS = [
  { name: 'whole', title: 'Whole picture', file: 'picture' },
  { name: 'board', title: 'Chips + clouds', file: 'chips and clouds' },
  { name: 'sequence', title: 'Sequence', file: 'sequence' },
  { name: 'memory', title: 'Memory', file: 'memory' },
  { name: 'words', title: 'Words', file: 'words' },
] as const;

export type Part = (typeof PARTS)[number]['name'];

/** The part of that name; the whole where there is none. */
export function partOf(name: string): Part {
  return (PARTS.find((part) => part.name === name) ?? PARTS[0]).name;
}

/** What the picture has to save, once it is grouped. */
export function offeredPicture(explorer: Explorer): Offered | null {
  if (explorer.clustering === null) return null;
  return {
    parts: PARTS,
    name({ part, print }) {
      const { model, state, k } = explorer.view;
      const { file } = PARTS.find(({ name }) => name === part) ?? PARTS[0];
      return [model, state, `${k} clusters ${file}${print ? ' print' : ''}`];
    },
    drawing: async (wish) => (await import('./export')).pictureDrawing(explorer, wish),
    csv: async (wish) => (await import('./export')).pictureCsv(explorer, wish),
  };
}
