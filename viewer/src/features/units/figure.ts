import type { UnitHistogram, UnitRow } from '../../data/types';
import { diverging, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { Cell } from '../../model/csv';
import type { TableFigure } from '../../paint/table';
import { wordsOf, wordsShown, type Column } from './columns';
import { paintSparkline, SPARKLINE } from './paintSparkline';

interface Setting {
  /** Those that the page shows, in its order. */
  columns: readonly Column[];
  chips: ReadonlyMap<number, number>;
  text: readonly string[];
  theme: Tokens;
  source: string;
}

/** The units as the page shows them: the same columns of histograms, measures and the strongest words. */
export function unitsFigure(
  rows: readonly UnitRow[],
  histograms: readonly (UnitHistogram | null)[],
  { columns, chips, text, theme, source }: Setting,
): TableFigure {
  const activation = histograms.some((of) => of !== null);
  const drawable = columns.filter(({ key }) => key !== 'mean' || activation);
  const cell = (row: UnitRow, { key, measure }: Column): Cell => {
    if (key === 'unit') return row.unit;
    if (key === 'chip') return chips.get(row.unit) ?? null;
    if (key === 'mean') return '';
    if (!measure)
      return wordsShown(wordsOf(row, key), null)
        .map((id) => text[id] ?? '')
        .join(', ');
    const value = measure.value(row);
    return value === null ? null : (measure.withError?.(row) ?? measure.text(value));
  };
  const colours = diverging(theme);
  const drawn = {
    Activation: {
      width: SPARKLINE.width,
      paint: (surface: Surface, row: number) => {
        const of = histograms[row];
        if (of) paintSparkline(surface, of, colours, theme);
      },
    },
  };
  const table = {
    caption: 'Units',
    columns: drawable.map(({ key, title, help }) => ({
      name: title,
      about: help,
      corpus: key === 'rising' || key === 'falling',
    })),
    rows: rows.map((row) => drawable.map((column) => cell(row, column))),
  };
  return { title: 'Units', table, total: rows.length, source, drawn };
}
