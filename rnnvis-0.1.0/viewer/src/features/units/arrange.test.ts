import { describe, expect, it } from 'vitest';
import type { UnitRow } from '../../data/types';
import { unitRow } from '../../testing/units';
import { measuresFor } from '../../wording/measures';
import { arrange, withRange, wordsWith, type Arrangement } from './arrange';
import { columnsFor } from './columns';
import { binsOf, digitsFor, readBound } from './span';

const row = (unit: number, timeScale: number | null, words: [number[], number[]]): UnitRow =>
  unitRow(unit, {
    mean: unit / 10,
    meanAbsolute: 0.1 * unit,
    timeScale,
    topWords: Int32Array.from(words[0]),
    bottomWords: Int32Array.from(words[1]),
  });
const text = ['zeal', 'Étude', 'bad', 'sunset'];
const rows = [row(0, 3, [[0], [2]]), row(1, null, [[1], [2]]), row(2, 7, [[2], [3]]), row(3, 3, [[], [0]])];
const measures = measuresFor({ kind: 'h', cell: 'GRU', positive: null }, rows);
const chips = new Map([
  [0, 2],
  [1, 1],
  [2, 2],
  [3, 1],
]);
const columns = columnsFor({ measures, moved: null, rows, chips, text });
const usual: Arrangement = { sort: 'unit', descending: false, ranges: [], chip: null, found: null };
const units = (how: Partial<Arrangement>): number[] =>
  arrange(rows, { ...usual, ...how }, { columns, chips }).map(({ unit }) => unit);

describe('arrange', () => {
  it('sorts both ways, by number where equal, and puts unknown values last', () => {
    expect(units({ sort: 'timeScale' })).toEqual([0, 3, 2, 1]);
    expect(units({ sort: 'timeScale', descending: true })).toEqual([2, 0, 3, 1]);
    expect(units({ descending: true })).toEqual([3, 2, 1, 0]);
    expect(units({ sort: 'chip' })).toEqual([1, 3, 0, 2]);
  });
  it('sorts words as a dictionary does, units without words last', () => {
    expect(units({ sort: 'rising' })).toEqual([2, 1, 0, 3]);
    expect(units({ sort: 'rising', descending: true })).toEqual([0, 1, 2, 3]);
  });
  it('sorts by a measure that this state lacks as by number', () =>
    expect(units({ sort: 'saturation' })).toEqual([0, 1, 2, 3]));
  it('filters by range, chip and words together, bounds included', () => {
    expect(units({ ranges: [{ key: 'timeScale', low: 3, high: null }] })).toEqual([0, 2, 3]);
    expect(
      units({
        ranges: [
          { key: 'timeScale', low: null, high: 3 },
          { key: 'mean', low: 0.1, high: null },
        ],
      }),
    ).toEqual([3]);
    expect(units({ chip: 2 })).toEqual([0, 2]);
    expect(units({ found: wordsWith(text, ' ZEAL') })).toEqual([0, 3]);
    expect(units({ chip: 1, found: wordsWith(text, 'zeal') })).toEqual([3]);
    expect(units({ found: wordsWith(text, 'nothing') })).toEqual([]);
  });
  it('ignores a range over a measure that this state lacks', () =>
    expect(units({ ranges: [{ key: 'saturation', low: 1, high: 2 }] })).toHaveLength(4));
});

describe('binsOf', () => {
  it('counts every unit once, the largest in the last bin', () => {
    const bins = binsOf(
      rows,
      rows.slice(0, 1),
      measures.find(({ key }) => key === 'timeScale')!,
      4,
    )!;
    expect([bins.low, bins.high]).toEqual([3, 7]);
    expect([...bins.all]).toEqual([2, 0, 0, 1]);
    expect([...bins.shown]).toEqual([1, 0, 0, 0]);
  });
  it('has nothing to show where all are equal', () => expect(binsOf(rows.slice(0, 1), [], measures[0]!)).toBeNull());
});

describe('bounds', () => {
  it.each([
    ['', 1, null],
    ['40 %', 100, 0.4],
    ['\u22121,5', 1, -1.5],
    ['+2', 1, 2],
    ['.5', 1, 0.5],
  ])('reads %j', (typed, scale, value) => expect(readBound(typed, scale)).toBe(value));
  it.each(['x', '1e9', '-', '1.2.3', '∞'])('refuses %j', (typed) => expect(readBound(typed, 1)).toBeUndefined());
  it('keeps the digits that tell a hundredth of the span', () => {
    expect([digitsFor(0, 100, 1), digitsFor(0, 1, 1), digitsFor(0, 1, 100), digitsFor(0, 0.02, 1)]).toEqual([
      0, 2, 0, 4,
    ]);
  });
  it('replaces the range of a measure, and drops an open one', () => {
    const one = withRange([], { key: 'mean', low: 1, high: null });
    expect(withRange(one, { key: 'mean', low: null, high: 2 })).toEqual([{ key: 'mean', low: null, high: 2 }]);
    expect(withRange(one, { key: 'mean', low: null, high: null })).toEqual([]);
  });
});
