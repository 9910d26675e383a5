import { tokens } from '../../paint/colour';
import { tableDrawing, type TableFigure } from '../../paint/table';
import type { Explorer } from '../../state/explorer.svelte';
import { offerToSave } from '../exports/offer';

/** The name of what is shown, below a figure: dataset, model and state. */
export function sourceOf({ dataset, model, state }: Explorer): string {
  return [dataset?.title, model?.title, state?.title].filter(Boolean).join(' · ');
}

export interface OfferedTable {
  /** Words of the file's name. */
  name: readonly string[];
  /** What pictures of it show. */
  figure: () => TableFigure | Promise<TableFigure>;
  /** Every row, as CSV. */
  whole: () => string | Promise<string>;
}

/** Offers a page that is a list to be saved, until what is returned is called. */
export function offerTable(explorer: Explorer, offered: OfferedTable | null): () => void {
  return offerToSave(
    explorer,
    offered && {
      name: () => offered.name,
      drawing: async () => tableDrawing(await offered.figure(), tokens(explorer.theme)),
      csv: offered.whole,
    },
  );
}
