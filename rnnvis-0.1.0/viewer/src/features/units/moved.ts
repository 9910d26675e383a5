interface Cell {
  row: number;
  column: number;
}

/** Where a key leads in a grid, as the ARIA practices have it; null for other keys. */
export function moved(
  key: string,
  command: boolean,
  { row, column }: Cell,
  { rows, columns, page }: { rows: number; columns: number; page: number },
): Cell | null {
  const to: Record<string, Cell> = {
    ArrowDown: { row: row + 1, column },
    ArrowUp: { row: row - 1, column },
    ArrowRight: { row, column: column + 1 },
    ArrowLeft: { row, column: column - 1 },
    PageDown: { row: row + page, column },
    PageUp: { row: row - page, column },
    Home: { row: command ? 0 : row, column: 0 },
    End: { row: command ? rows - 1 : row, column: columns - 1 },
  };
  const cell = to[key];
  if (!cell || rows === 0) return null;
  return { row: Math.max(0, Math.min(rows - 1, cell.row)), column: Math.max(0, Math.min(columns - 1, cell.column)) };
}
