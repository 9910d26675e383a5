import { field } from '../../model/csv';
import type { TwinTable } from './tables';

/** A number as the tables write it (`+0.1`, `−0.1`, `41 %`), with a plain sign; null for text. */
function numeric(cell: string): string | null {
  const found = /^([+\u2212-]?)(\d[\d.,]*)( %)?$/.exec(cell);
  return (
    found &&
    `${found[1] === '\u2212' || found[1] === '-' ? '-' : ''}${found[2]!.replaceAll(',', '')}${found[3] ? '%' : ''}`
  );
}

/** Tables under each other, each with its title and a blank line between; one alone needs no title. Signs plain, so that spreadsheets read numbers. */
export function csvOf(tables: readonly TwinTable[]): string {
  const line = (cells: string[]): string => cells.map((cell) => numeric(cell) ?? field(cell)).join(',');
  return tables
    .map((table) =>
      [...(tables.length > 1 ? [line([table.title])] : []), line(table.head), ...table.rows.map(line)].join('\r\n'),
    )
    .join('\r\n\r\n')
    .concat('\r\n');
}
