import { tokens } from '../../paint/colour';
import type { Explorer, Exporter } from '../../state/explorer.svelte';
import { tablePng, tableSvg, type TableFigure } from '../../paint/table';

/** The name of what is shown, below a figure: dataset, model and state. */
export function sourceOf({ dataset, model, state }: Explorer): string {
  return [dataset?.title, model?.title, state?.title].filter(Boolean).join(' · ');
}

/** Saves a page that is a list: `figure` is what SVG and PNG show, `whole` every row, as CSV. */
export function listExporter(
  explorer: Explorer,
  figure: () => TableFigure | Promise<TableFigure>,
  whole: () => string | Promise<string>,
): Exporter {
  return async (format) => {
    const theme = tokens(explorer.theme);
    if (format === 'csv') return new Blob([await whole()], { type: 'text/csv;charset=utf-8' });
    if (format === 'png') return tablePng(await figure(), theme);
    return new Blob([tableSvg(await figure(), theme)], { type: 'image/svg+xml;charset=utf-8' });
  };
}
