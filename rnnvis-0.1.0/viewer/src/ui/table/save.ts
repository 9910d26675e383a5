import { toCsv, type Table } from '../../model/csv';

/** Hands a file to the browser's own download. */
export function saveFile(name: string, type: string, content: string): void {
  saveBlob(name, new Blob([content], { type }));
}

export function saveCsv(name: string, table: Table): void {
  saveFile(`${name}.csv`, 'text/csv;charset=utf-8', toCsv(table));
}

/** The same for what is not text. */
export function saveBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
