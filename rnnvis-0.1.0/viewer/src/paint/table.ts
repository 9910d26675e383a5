import type { Tokens } from './colour';
import type { Drawing } from './drawing';
import type { Surface } from './surface';
import { fit, measure } from '../model/text';
import { count, fixed } from '../wording/format';
import type { Cell, Table } from '../model/csv';

/** A table as a figure: what it shows, of how many rows, and where it comes from. */
export interface TableFigure {
  title: string;
  table: Table;
  /** How many rows there are in all; null where the table holds them. */
  total: number | null;
  /** Dataset, model and state, in words. */
  source: string;
  /** Columns drawn by a function of the row in place of their text, by name, with their widths. */
  drawn?: Record<string, { width: number; paint: (surface: Surface, row: number) => void }>;
}

/** Rows that a figure shows; the CSV file holds all of them. */
export const FIGURE_ROWS = 60;
const MARGIN = 24;
const PITCH = 26;
const GAP = 18;
const WIDEST = 420;
const HEAD = 74;

interface Column {
  name: string;
  x: number;
  width: number;
  right: boolean;
  corpus: boolean;
  cells: string[];
}

function shown(cell: Cell, digits: number | undefined): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return String(cell);
  return fixed(cell, digits ?? 3);
}

function columnsOf({ table, drawn }: TableFigure): Column[] {
  let x = MARGIN;
  return table.columns.map(({ name, digits, corpus = false }, i) => {
    const given = table.rows.slice(0, FIGURE_ROWS).map((row) => row[i] ?? null);
    const cells = given.map((cell) => shown(cell, digits));
    const longest = Math.max(
      measure(name, 'interface', 11).width,
      ...cells.map((cell) => measure(cell, corpus ? 'corpus' : 'interface', corpus ? 14 : 12).width),
    );
    const width = drawn?.[name]?.width ?? Math.min(WIDEST, Math.ceil(longest));
    const column = {
      name,
      x,
      width,
      right:
        !corpus &&
        cells.some((cell) => cell !== '') &&
        cells.every((cell) => cell === '' || /^(< )?[+−-]?\d/.test(cell)),
      corpus,
      cells,
    };
    x += width + GAP;
    return column;
  });
}

function sizeOf(figure: TableFigure, columns: readonly Column[]): { width: number; height: number } {
  const last = columns[columns.length - 1];
  const rows = Math.min(FIGURE_ROWS, figure.table.rows.length);
  return { width: Math.max(480, (last ? last.x + last.width : 0) + MARGIN), height: HEAD + rows * PITCH + 48 };
}

function paint(surface: Surface, figure: TableFigure, columns: readonly Column[], theme: Tokens): void {
  const { width, height } = sizeOf(figure, columns);
  const rows = Math.min(FIGURE_ROWS, figure.table.rows.length);
  surface.text(MARGIN, 38, fit(figure.title, width - 2 * MARGIN, 'interface', 18, 700), {
    family: 'interface',
    size: 18,
    weight: 700,
    fill: theme.ink,
  });
  for (const column of columns) {
    const anchor = column.right
      ? { x: column.x + column.width, align: 'right' as const }
      : { x: column.x, align: 'left' as const };
    surface.text(anchor.x, HEAD - 8, column.name, {
      family: 'interface',
      size: 11,
      fill: theme.ink3,
      align: anchor.align,
    });
    const instead = figure.drawn?.[column.name];
    for (let row = 0; row < rows; row++) {
      const y = HEAD + row * PITCH;
      if (instead) surface.group({ translate: [column.x, y] }, () => instead.paint(surface, row));
      else {
        const [family, size] = column.corpus ? (['corpus', 14] as const) : (['interface', 12] as const);
        const text = fit(column.cells[row]!, column.width, family, size);
        surface.text(anchor.x, y + 18, text, {
          family,
          size,
          fill: theme.ink,
          align: anchor.align,
          tabular: column.right,
        });
      }
    }
  }
  for (let row = 0; row <= rows; row++)
    surface.line(MARGIN, HEAD + row * PITCH + 0.5, width - MARGIN, HEAD + row * PITCH + 0.5, {
      stroke: row ? theme.line : theme.strongLine,
    });
  const all = figure.total ?? figure.table.rows.length;
  const of = rows < all ? `The first ${count(rows)} of ${count(all)} rows. ` : '';
  surface.text(MARGIN, height - 18, `${of}${figure.source}`, { family: 'interface', size: 11, fill: theme.ink3 });
}

/** The rows as a drawing. */
export function tableDrawing(figure: TableFigure, theme: Tokens): Drawing {
  const columns = columnsOf(figure);
  return {
    ...sizeOf(figure, columns),
    background: theme.background,
    title: `${figure.title}: ${figure.source}`,
    paint: (surface) => paint(surface, figure, columns, theme),
  };
}
