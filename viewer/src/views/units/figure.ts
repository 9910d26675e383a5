import type { UnitHistogram, UnitRow } from '../../data/types';
import { diverging, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import type { Table } from '../table/csv';
import type { TableFigure } from '../table/paintTable';
import type { Measure } from '../unit/measures';
import { wordsShown } from './columns';
import { paintSparkline, SPARKLINE } from './paintSparkline';

interface Setting {
  measures: readonly Measure[];
  chips: ReadonlyMap<number, number>;
  text: readonly string[];
  theme: Tokens;
  source: string;
}

/** The units as the page shows them: histograms, measures and the strongest words. */
export function unitsFigure(rows: readonly UnitRow[], histograms: readonly (UnitHistogram | null)[], { measures, chips, text, theme, source }: Setting): TableFigure {
  const words = (ids: Int32Array): string => wordsShown(ids, null).map((id) => text[id] ?? '').join(', ');
  const measured = measures.filter(({ key }) => key !== 'mean');
  const activation = histograms.some((of) => of !== null);
  const colours = diverging(theme);
  const table: Table = {
    caption: 'Units',
    columns: [
      { name: 'Unit', about: 'Unit number' },
      { name: 'Chip', about: 'Drawn number of its memory chip' },
      ...(activation ? [{ name: 'Activation', about: 'How often it has each value' }] : []),
      ...measured.map(({ title, help }) => ({ name: title, about: help })),
      { name: 'Raised by', about: 'Words that raise it most', corpus: true },
      { name: 'Lowered by', about: 'Words that lower it most', corpus: true },
    ],
    rows: rows.map((row) => [
      row.unit,
      chips.get(row.unit) ?? null,
      ...(activation ? [''] : []),
      ...measured.map((measure) => (measure.value(row) === null ? null : measure.text(measure.value(row)!))),
      words(row.topWords),
      words(row.bottomWords),
    ]),
  };
  const drawn = {
    Activation: {
      width: SPARKLINE.width,
      paint: (surface: Surface, row: number) => {
        const of = histograms[row];
        if (of) paintSparkline(surface, of, colours, theme);
      },
    },
  };
  return { title: 'Units', table, total: rows.length, source, drawn };
}
