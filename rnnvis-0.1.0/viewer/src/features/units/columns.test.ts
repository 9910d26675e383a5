import { describe, expect, it } from 'vitest';
import { COLUMN_KEYS, type SortKey } from '../../state/unitList';
import { unitRow } from '../../testing/units';
import { measuresFor } from '../../wording/measures';
import { movedBy } from './byWord';
import { columnsFor, columnsShown, leastWidth, listTable, tracks, wordsRoom, type Column } from './columns';
import { unitsFigure } from './figure';
import { LIGHT } from '../../paint/colour';

const column = (key: SortKey, width: number, measured = true): Column =>
  ({
    key,
    measure: measured ? ({ key } as unknown as Column['measure']) : null,
    width,
    grows: false,
  }) as Column;
const all: Column[] = [
  column('unit', 84, false),
  { ...column('rising', 150, false), grows: true },
  ...(['timeScale', 'gateKeep', 'meanAbsolute', 'labelAuc', 'outputWeight', 'saturation', 'labelBits'] as const).map(
    (key) => column(key, 100),
  ),
];
const keys = (columns: readonly Column[]): SortKey[] => columns.map(({ key }) => key);
const none = new Set<SortKey>();

describe('columnsShown', () => {
  it('takes as many measures as fit, the most telling first, in the order of the table', () => {
    expect(keys(columnsShown(all, null, none, 84 + 150 + 16 + 599))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'gateKeep',
      'meanAbsolute',
      'labelAuc',
      'outputWeight',
    ]);
    expect(keys(columnsShown(all, null, none, 84 + 150 + 16 + 600))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'gateKeep',
      'meanAbsolute',
      'labelAuc',
      'outputWeight',
      'saturation',
    ]);
  });
  it('never exceeds the width, but for four measures', () => {
    for (let width = 700; width < 1200; width += 7)
      expect(leastWidth(columnsShown(all, null, none, width))).toBeLessThanOrEqual(width);
    expect(keys(columnsShown(all, null, none, 0))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'gateKeep',
      'labelAuc',
      'outputWeight',
    ]);
  });
  it('keeps what the order or a filter needs, in both cases', () => {
    expect(keys(columnsShown(all, null, new Set(['labelBits']), 0))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'labelAuc',
      'outputWeight',
      'labelBits',
    ]);
    expect(keys(columnsShown(all, ['saturation'], new Set(['timeScale']), 0))).toEqual([
      'unit',
      'timeScale',
      'saturation',
    ]);
    expect(keys(columnsShown(all, [], none, 2000))).toEqual(['unit']);
  });
});

describe('the tracks', () => {
  it('give the room that is left to the words, else to the measures', () => {
    expect(tracks([all[0]!, all[1]!, all[2]!])).toBe('84px minmax(150px, 1fr) 100px');
    expect(tracks([all[0]!, all[2]!])).toBe('84px minmax(100px, 1fr)');
    expect(wordsRoom([all[0]!, all[1]!, all[2]!], 84 + 150 + 100 + 16 + 30)).toBe(150 + 30 - 16);
  });
});

describe('every column', () => {
  const rows = [
    unitRow(0, { topWords: Int32Array.of(1, 0), bottomWords: Int32Array.of(2), timeScale: 3 }),
    unitRow(1, { topWords: Int32Array.of(2), bottomWords: Int32Array.of(), timeScale: null }),
  ];
  const response = {
    wordId: 0,
    count: 9,
    reliability: 1,
    norm: 1,
    mean: Float32Array.of(0.5, -2),
    standardError: null,
  };
  const known = {
    measures: measuresFor({ kind: 'h', cell: 'GRU', positive: null }, rows),
    moved: movedBy('not', response),
    rows,
    chips: new Map([[1, 4]]),
    text: ['not', 'dull', 'fine'],
  };
  const columns = columnsFor(known);

  it('can be hidden, sorted by, put into a link, a figure and a file', () => {
    expect(columns.length).toBeGreaterThan(6);
    for (const { key } of columns.slice(1)) expect(COLUMN_KEYS).toContain(key);
    const figure = unitsFigure(rows, [null, null], { columns, theme: LIGHT, source: '' });
    expect(figure.table.rows.map((row) => row.length)).toEqual([columns.length - 1, columns.length - 1]);
    const table = listTable(rows, columns);
    const [first, second] = table.rows.map((row) =>
      Object.fromEntries(row.map((cell, i) => [table.columns[i]!.name, cell])),
    );
    expect(first).toMatchObject({
      unit: 0,
      chip: null,
      'time-scale': 3,
      'raised by': 'dull not',
      'lowered by': 'fine',
    });
    expect(second).toMatchObject({ unit: 1, chip: 4, 'time-scale': null, 'moved by “not”': -2, 'lowered by': '' });
  });

  it('is left out where this state lacks it', () => {
    const without = keys(columnsFor({ ...known, chips: new Map(), moved: null, measures: [] }));
    expect(without).toContain('rising');
    for (const key of ['chip', 'moved', 'mean', 'timeScale']) expect(without).not.toContain(key);
  });
});
