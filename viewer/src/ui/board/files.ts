import { field } from '../../model/csv';
import { CanvasSurface } from '../../paint/surface';
import type { TwinTable } from './tables';

const PNG_SCALE = 2;

/** A number as the tables write it (`+0.1`, `−0.1`, `41 %`), with a plain sign; null for text. */
function numeric(cell: string): string | null {
  const found = /^([+\u2212-]?)(\d[\d.,]*)( %)?$/.exec(cell);
  return (
    found &&
    `${found[1] === '\u2212' || found[1] === '-' ? '-' : ''}${found[2]!.replaceAll(',', '')}${found[3] ? '%' : ''}`
  );
}

/** Tables under each other, each with its title and a blank line between; one alone needs no title. Signs plain, so that spreadsheets read numbers. */
export function csvOf(tables: readonly TwinTable[]): Blob {
  const line = (cells: string[]): string => cells.map((cell) => numeric(cell) ?? field(cell)).join(',');
  const text = tables
    .map((table) =>
      [...(tables.length > 1 ? [line([table.title])] : []), line(table.head), ...table.rows.map(line)].join('\r\n'),
    )
    .join('\r\n\r\n')
    .concat('\r\n');
  return new Blob([text], { type: 'text/csv;charset=utf-8' });
}

/** What `paint` draws, as PNG at twice its size; on nothing where the background is `none`. */
export function pngOf(
  width: number,
  height: number,
  background: string,
  paint: (surface: CanvasSurface) => void,
): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (!context) return Promise.reject(new Error('The browser gives no canvas to draw on'));
  context.scale(PNG_SCALE, PNG_SCALE);
  if (background !== 'none') {
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
  }
  paint(new CanvasSurface(context, PNG_SCALE));
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser to save as PNG'))),
      'image/png',
    ),
  );
}
