import type { Explorer } from '../../state/explorer.svelte';
import type { Offered } from '../../ui/exports/offer';
import { PARTS } from './parts';

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
