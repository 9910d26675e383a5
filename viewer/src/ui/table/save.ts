import { withFonts } from '../../paint/fonts';
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

export async function saveSvg(name: string, svg: string): Promise<void> {
  saveFile(`${name}.svg`, 'image/svg+xml;charset=utf-8', await withFonts(svg));
}

/** The figure at twice its size, as the browser draws its SVG. */
export async function savePng(name: string, svg: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([await withFonts(svg)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = 2 * image.naturalWidth;
    canvas.height = 2 * image.naturalHeight;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob) saveBlob(`${name}.png`, blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}
