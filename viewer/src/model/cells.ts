export interface Cell {
  unit: number;
  x: number;
  y: number;
  value: number;
}

/** The cells of a chip in a grid, row by row: places by arithmetic, so that very many units cost no objects. */
export class Cells implements Iterable<Cell> {
  constructor(
    readonly units: Int32Array,
    private readonly values: Float32Array | null,
    /** Top left corner of the first cell, cells in a row, and the distance from one to the next. */
    readonly grid: { x: number; y: number; columns: number; pitch: number },
  ) {}

  get length(): number {
    return this.units.length;
  }

  value(i: number): number {
    return this.values ? this.values[this.units[i]!]! : NaN;
  }

  at(i: number): Cell | null {
    const unit = this.units[i];
    if (unit === undefined) return null;
    const { x, y, columns, pitch } = this.grid;
    return { unit, x: x + (i % columns) * pitch, y: y + Math.floor(i / columns) * pitch, value: this.value(i) };
  }

  of(unit: number): Cell | null {
    return this.at(this.units.indexOf(unit));
  }

  /** The cell whose square, with half the gap around it, holds a point. */
  under(x: number, y: number, gap: number): Cell | null {
    const { grid } = this;
    const column = Math.floor((x - grid.x + gap / 2) / grid.pitch);
    const row = Math.floor((y - grid.y + gap / 2) / grid.pitch);
    return column < 0 || row < 0 || column >= grid.columns ? null : this.at(row * grid.columns + column);
  }

  map<T>(make: (cell: Cell) => T): T[] {
    return Array.from(this.units, (_, i) => make(this.at(i)!));
  }

  *[Symbol.iterator](): Iterator<Cell> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!;
  }
}
