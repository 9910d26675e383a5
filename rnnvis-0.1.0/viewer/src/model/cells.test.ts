import { describe, expect, it } from 'vitest';
import type { Clustering } from '../data/types';
import { Cells } from './cells';
import { cellAt, layChips } from './chips';

const UNITS = 100_000;
const K = 8;
const COLUMN = { x: 400, width: 168, top: 180, bottom: 860 };

function clustering(units: number): Clustering {
  const side = {
    ids: Int32Array.from({ length: units }, (_, i) => i),
    labels: Uint8Array.from({ length: units }, (_, i) => (i * 7) % K),
    order: Array.from({ length: K }, (_, i) => i),
    summaries: [],
  };
  return { units: side, words: side } as unknown as Clustering;
}

describe('Cells', () => {
  const values = Float32Array.of(0.1, -0.5, 0.4, 0.2, 0.3);
  const cells = new Cells(Int32Array.of(4, 1, 2, 0, 3), values, { x: 10, y: 20, columns: 2, pitch: 5 }, 2);

  it('shows the unit that moves most of those that share a cell', () => {
    expect(cells.length).toBe(3);
    expect(cells.map((cell) => [cell.unit, cell.x, cell.y])).toEqual([
      [1, 10, 20],
      [2, 15, 20],
      [3, 10, 25],
    ]);
    expect(cells.value(0)).toBeCloseTo(-0.5);
  });

  it('finds the cell of every unit, with the unit’s own value', () => {
    expect(cells.of(0)).toEqual({ unit: 0, x: 15, y: 20, value: values[0] });
    expect(cells.of(9)).toBeNull();
  });
});

describe('chips of 100,000 units', () => {
  const values = Float32Array.from({ length: UNITS }, (_, unit) => Math.cos(unit));
  const centres = Array.from({ length: K }, (_, i) => 220 + 80 * i);
  const chips = layChips({ clustering: clustering(UNITS), values, column: COLUMN, centres, align: 'width', below: 0 });

  it('fit the column, in cells that can be pointed at, and have a cell for every unit', () => {
    expect(chips.bottom).toBeLessThanOrEqual(COLUMN.bottom);
    expect(chips.cell).toBeGreaterThanOrEqual(3);
    expect(chips.each).toBeGreaterThan(1);
    for (const chip of chips.list) {
      expect(chip.cells.length * chips.each).toBeGreaterThanOrEqual(chip.group.members.length);
      expect(chip.cells.of(chip.cells.units[chip.cells.units.length - 1]!)!.y + chips.cell).toBeLessThanOrEqual(
        chip.y + chip.height,
      );
    }
  });

  it('are hit where their cells are drawn', () => {
    const chip = chips.list[3]!;
    for (const i of [0, 1, chip.cells.length - 1]) {
      const cell = chip.cells.at(i)!;
      expect(cellAt(chips, chip, cell.x + 1, cell.y + 1)).toEqual(cell);
    }
  });

  it('scroll with few cells where they are read one below another', () => {
    const phone = layChips({
      clustering: clustering(UNITS),
      values,
      column: COLUMN,
      centres: null,
      align: 'width',
      below: 44,
    });
    expect(phone.list.reduce((sum, chip) => sum + chip.cells.length, 0)).toBeLessThanOrEqual(4000 + K);
  });

  it('have a cell a unit while there is room', () => {
    const few = layChips({ clustering: clustering(600), values, column: COLUMN, centres, align: 'width', below: 0 });
    expect(few.each).toBe(1);
    expect(few.list.reduce((sum, chip) => sum + chip.cells.length, 0)).toBe(600);
  });
});
