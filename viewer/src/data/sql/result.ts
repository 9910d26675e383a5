import type { Table } from '@uwdata/flechette';
import type { NamedTable } from './names';

export interface ResultColumn {
  name: string;
  /** DuckDB's type; empty where it was not asked for. */
  type: string;
}

/** All rows of an answer, as they came: decoded when they are looked at. */
export class SqlResult {
  readonly columns: ResultColumn[];
  readonly rows: number;

  constructor(
    columns: ResultColumn[] | null,
    private readonly batches: readonly Table[],
    /** Time that the query took, in ms, without loading tables. */
    readonly took: number,
    /** Whether the query named tables of another dataset, model or state than those on the screen. */
    readonly foreign = false,
    /** The tables that it named. */
    readonly tables: readonly NamedTable[] = [],
  ) {
    const fields = batches[0]?.schema.fields ?? [];
    this.columns = fields.map((field, i) => ({ name: field.name, type: columns?.[i]?.type ?? '' }));
    this.rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  }

  /** The rows in order, each a value a column. */
  *[Symbol.iterator](): Generator<unknown[]> {
    for (const batch of this.batches) {
      const columns = this.columns.map((_, c) => batch.getChildAt(c));
      for (let i = 0; i < batch.numRows; i += 1) yield columns.map((column) => column.at(i) as unknown);
    }
  }

  /** The first rows. */
  first(count: number): unknown[][] {
    const rows: unknown[][] = [];
    for (const row of this) {
      if (rows.length === count) break;
      rows.push(row);
    }
    return rows;
  }
}
