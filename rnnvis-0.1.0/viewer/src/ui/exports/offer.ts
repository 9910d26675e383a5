import type { Drawing } from '../../paint/drawing';
import type { Explorer } from '../../state/explorer.svelte';
import type { Exporter, Wish } from '../../state/exporter';
import { fileName } from '../../model/csv';
import { saveBlob } from '../table/save';
import { FORMATS } from './formats';

/** What a page has to save. */
export interface Offered {
  name: Exporter['name'];
  parts?: Exporter['parts'];
  drawing: (wish: Wish) => Drawing | Promise<Drawing>;
  csv: (wish: Wish) => string | Promise<string>;
}

/** Offers this to be saved, in every format, until what is returned is called. */
export function offerToSave(explorer: Explorer, offered: Offered | null): () => void {
  const exporter = offered && exporterOf(offered);
  explorer.exporter = exporter;
  return () => {
    if (explorer.exporter === exporter) explorer.exporter = null;
  };
}

function exporterOf({ name, parts = [], drawing, csv }: Offered): Exporter {
  return {
    name,
    parts,
    save: (format, wish) =>
      FORMATS.find((one) => one.name === format)!.write(
        { drawing: () => drawing(wish), csv: () => csv(wish) },
        named(name(wish)),
      ),
  };
}

function named(words: readonly string[]): string {
  return fileName('rnnvis', ...words);
}

/** Hands the file to the browser's own download. */
export async function saveAs(exporter: Exporter, format: string, wish: Wish): Promise<void> {
  saveBlob(`${named(exporter.name(wish))}.${format}`, await exporter.save(format, wish));
}
