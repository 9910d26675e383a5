import type { UnitHistogram, UnitRow } from '../../data/types';
import { diverging, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { TableFigure } from '../../paint/table';
import type { Column } from './columns';
import { paintSparkline, SPARKLINE } from './paintSparkline';

interface Setting {
  /** Those that the page shows, in its order. */
  columns: readonly Column[];
  theme: Tokens;
  source: string;
}

/** The units as the page shows them: the same columns of histograms, measures and the strongest words. */
export function unitsFigure(
  rows: readonly UnitRow[],
  histograms: readonly (UnitHistogram | null)[],
  { columns, theme, source }: Setting,
): TableFigure {
  const measured = histograms.some((of) => of !== null);
  const drawable = columns.filter(({ kind }) => kind !== 'activation' || measured);
  const colours = diverging(theme);
  const paint = (surface: Surface, row: number): void => {
    const of = histograms[row];
    if (of) paintSparkline(surface, of, colours, theme);
  };
  const table = {
    caption: 'Units',
    columns: drawable.map(({ title, help, kind }) => ({ name: title, about: help, corpus: kind === 'words' })),
    rows: rows.map((row) => drawable.map(({ shown }) => shown(row))),
  };
  const drawn = drawable.flatMap(({ title, kind }) =>
    kind === 'activation' ? [[title, { width: SPARKLINE.width, paint }] as const] : [],
  );
  return { title: 'Units', table, total: rows.length, source, drawn: Object.fromEntries(drawn) };
}
