import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { RemoteFile } from './remote';
import type { ExcerptSlice } from './types';

type Key = string | number;

/** All rows of one table that have certain keys, held again in the file of the first view: a Parquet file of its own inside it. */
export class Excerpt {
  private bytes: Promise<ArrayBuffer> | null = null;

  constructor(
    private readonly file: RemoteFile,
    private readonly slice: ExcerptSlice,
  ) {}

  /** The rows with these keys; null where they are not among the excerpt's, or it cannot be read: the table itself is asked then. */
  async where(
    wanted: readonly (readonly [string, Key])[],
    columns: readonly string[],
  ): Promise<Record<string, unknown>[] | null> {
    const { keys } = this.slice;
    const names = wanted.map(([name]) => name);
    if (!this.holds([...names, ...columns])) return null;
    if (names.length !== Object.keys(keys).length || !wanted.every(([name, value]) => keys[name]?.includes(value)))
      return null;
    const rows = await this.read([...new Set([...names, ...columns])]);
    return (
      rows &&
      rows.filter((row) =>
        wanted.every(([name, value]) => (typeof value === 'number' ? Number(row[name]) : row[name]) === value),
      )
    );
  }

  private holds(columns: readonly string[]): boolean {
    const held = this.slice.columns;
    return !held || columns.every((name) => held.includes(name));
  }

  /** All of its rows; null where it does not hold these columns, or cannot be read. */
  async read(columns: readonly string[]): Promise<Record<string, unknown>[] | null> {
    if (!this.holds(columns)) return null;
    try {
      this.bytes ??= this.file.bytes().then((whole) => whole.slice(this.slice.start, this.slice.end));
      const file = await this.bytes;
      return await parquetReadObjects({
        file,
        metadata: parquetMetadata(file, { geoparquet: false }),
        columns: [...columns],
        geoparquet: false,
      });
    } catch {
      return null;
    }
  }
}
