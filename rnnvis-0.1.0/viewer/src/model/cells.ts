export interface Cell {
  /** The unit that the cell shows. */
  unit: number;
  x: number;
  y: number;
  value: number;
}

export interface CellPlaces {
  /** Top left corner of the first cell, cells in a row, and the distance from one to the next. */
  x: number;
  y: number;
  columns: number;
  pitch: number;
}

/**
 * The cells of a chip in a grid, row by row: places by arithmetic, so that very many units cost no objects. Where there
 * is no room for a cell each, `each` neighbours share one, which shows the one of them with the largest |value|.
 */
export class Cells implements Iterable<Cell> {
  private shown: Int32Array | null = null;

  constructor(
    readonly units: Int32Array,
    private readonly values: Float32Array | null,
    readonly grid: CellPlaces,
    readonly each = 1,
  ) {}

  /** Number of cells. */
  get length(): number {
    return Math.ceil(this.units.length / this.each);
  }

  value(i: number): number {
    return this.values ? this.values[this.leaders()[i]!]! : NaN;
  }

  at(i: number): Cell | null {
    const unit = this.leaders()[i];
    return unit === undefined ? null : this.cell(i, unit);
  }

  /** The cell that a unit has or shares, with the unit's own value. */
  of(unit: number): Cell | null {
    const i = this.units.indexOf(unit);
    return i < 0 ? null : this.cell(Math.floor(i / this.each), unit);
  }

  /** The cell whose square, with half the gap around it, holds a point. */
  under(x: number, y: number, gap: number): Cell | null {
    const { grid } = this;
    const column = Math.floor((x - grid.x + gap / 2) / grid.pitch);
    const row = Math.floor((y - grid.y + gap / 2) / grid.pitch);
    return column < 0 || row < 0 || column >= grid.columns ? null : this.at(row * grid.columns + column);
  }

  map<T>(make: (cell: Cell) => T): T[] {
    return Array.from({ length: this.length }, (_, i) => make(this.at(i)!));
  }

  *[Symbol.iterator](): Iterator<Cell> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!;
  }

  private cell(i: number, unit: number): Cell {
    const { x, y, columns, pitch } = this.grid;
    return {
      unit,
      x: x + (i % columns) * pitch,
      y: y + Math.floor(i / columns) * pitch,
      value: this.values ? this.values[unit]! : NaN,
    };
  }

  /** The unit that each cell shows. */
  private leaders(): Int32Array {
    const { units, values, each } = this;
    if (each === 1) return units;
    if (this.shown) return this.shown;
    const shown = new Int32Array(this.length);
    for (let i = 0; i < shown.length; i++) {
      let best = units[i * each]!;
      const end = Math.min(units.length, (i + 1) * each);
      for (let j = i * each + 1; values && j < end; j++)
        if (Math.abs(values[units[j]!]!) > Math.abs(values[best]!)) best = units[j]!;
      shown[i] = best;
    }
    return (this.shown = shown);
  }
}
