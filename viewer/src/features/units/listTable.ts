import type { UnitRow } from '../../data/types';
import { measureCells, measureColumns } from '../../wording/measureTable';
import type { ListMeasure } from '../../wording/measures';
import type { Table } from '../../model/csv';

/** The units as shown, with every measure in full precision and all published words. */
export function listTable(
  rows: readonly UnitRow[],
  measures: readonly ListMeasure[],
  chips: ReadonlyMap<number, number>,
  text: readonly string[],
): Table {
  const words = (ids: Int32Array): string => Array.from(ids, (id) => text[id] ?? '').join(' ');
  return {
    caption: 'Units',
    columns: [
      { name: 'unit', about: 'Unit number' },
      { name: 'chip', about: 'Drawn number of its memory chip' },
      ...measures.flatMap(measureColumns),
      { name: 'raised by', about: 'Words that raise it most', corpus: true },
      { name: 'lowered by', about: 'Words that lower it most', corpus: true },
    ],
    rows: rows.map((row) => [
      row.unit,
      chips.get(row.unit) ?? null,
      ...measures.flatMap((measure) => measureCells(measure, row)),
      words(row.topWords),
      words(row.bottomWords),
    ]),
  };
}
