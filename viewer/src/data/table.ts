import { parquetMetadataAsync, parquetReadObjects, type FileMetaData } from 'hyparquet';
import { DataProblem } from './problem';
import { RemoteFile, type Transport } from './remote';
import type { Rows, TableName } from './schema';
import type { TableEntry } from './types';

type Key = string | number;

/** Rows [start, end) of one file that share a row group. */
interface Span {
  start: number;
  end: number;
}

const TAIL = 8 * 1024;

/** One published table: reads the rows asked for, and of the files only the pages that hold them. */
export class Table<N extends TableName> {
  private readonly parts: Part<N>[];

  constructor(
    readonly name: N,
    readonly entry: TableEntry,
    base: string,
    transport: Transport,
  ) {
    let first = 0;
    this.parts = entry.files.map((file) => {
      const part = new Part<N>(new RemoteFile(new URL(file.path, base).href, file, transport), first);
      first += file.rows;
      return part;
    });
  }

  get rows(): number {
    return this.entry.rows;
  }

  get files(): RemoteFile[] {
    return this.parts.map((part) => part.file);
  }

  get urls(): string[] {
    return this.parts.map((part) => part.file.url);
  }

  /** Rows [start, end) in published order. */
  async slice<C extends keyof Rows[N] & string>(start: number, end: number, columns: readonly C[]): Promise<Pick<Rows[N], C>[]> {
    const reads = this.parts
      .filter((part) => part.first < end && start < part.first + part.file.file.rows)
      .map((part) =>
        part.read({ start: Math.max(0, start - part.first), end: Math.min(part.file.file.rows, end - part.first) }, columns),
      );
    return (await Promise.all(reads)).flat();
  }

  all<C extends keyof Rows[N] & string>(columns: readonly C[]): Promise<Pick<Rows[N], C>[]> {
    return this.slice(0, this.rows, columns);
  }

  /** All rows whose key columns have these values. Keys must be a prefix of the columns that the table is sorted by. */
  async where<C extends keyof Rows[N] & string>(keys: Partial<Record<keyof Rows[N] & string, Key>>, columns: readonly C[]): Promise<Pick<Rows[N], C>[]> {
    const wanted = Object.entries(keys) as [keyof Rows[N] & string, Key][];
    const leading = wanted[0]?.[1];
    const parts = this.parts.filter(({ file: { file } }) => {
      if (typeof leading !== 'number' || file.first === null || file.last === null) return true;
      return file.first <= leading && leading <= file.last;
    });
    const found = await Promise.all(parts.map((part) => part.where(wanted, columns)));
    return found.flat();
  }
}

class Part<N extends TableName> {
  private metadata: Promise<FileMetaData> | null = null;
  private readonly keys = new Map<string, Promise<Record<string, unknown>[]>>();

  constructor(
    readonly file: RemoteFile,
    /** Row of the table that is this file's first. */
    readonly first: number,
  ) {}

  async read<C extends string>(span: Span, columns: readonly C[]): Promise<Pick<Rows[N], C & keyof Rows[N]>[]> {
    if (span.end <= span.start) return [];
    return this.guarded(async () => {
      const metadata = await this.footer();
      const rows = await parquetReadObjects({
        file: this.file,
        metadata,
        columns: [...columns],
        rowStart: span.start,
        rowEnd: span.end,
        useOffsetIndex: true,
        geoparquet: false,
      });
      return rows as Pick<Rows[N], C & keyof Rows[N]>[];
    });
  }

  async where<C extends string>(wanted: [string, Key][], columns: readonly C[]): Promise<Pick<Rows[N], C & keyof Rows[N]>[]> {
    const candidates = await this.guarded(async () => groupsWith(await this.footer(), wanted));
    const reads = candidates.map(async (group) => {
      const span = group.certain ? group : await this.narrow(group, wanted);
      return this.read(span, columns);
    });
    return (await Promise.all(reads)).flat();
  }

  /** The rows of a group with these keys: contiguous, because the table is sorted by them. */
  private async narrow(group: Span, wanted: [string, Key][]): Promise<Span> {
    const names = wanted.map(([name]) => name);
    const id = `${group.start} ${names.join(' ')}`;
    let rows = this.keys.get(id);
    if (!rows) {
      rows = this.read(group, names);
      this.keys.set(id, rows);
      rows.catch(() => this.keys.delete(id));
    }
    const held = await rows;
    const matches = (row: Record<string, unknown> | undefined): boolean =>
      row !== undefined && wanted.every(([name, value]) => (typeof value === 'number' ? Number(row[name]) : row[name]) === value);
    let start = 0;
    while (start < held.length && !matches(held[start])) start++;
    let end = start;
    while (end < held.length && matches(held[end])) end++;
    return { start: group.start + start, end: group.start + end };
  }

  private footer(): Promise<FileMetaData> {
    this.metadata ??= parquetMetadataAsync(this.file, { initialFetchSize: TAIL, geoparquet: false });
    this.metadata.catch(() => (this.metadata = null));
    return this.metadata;
  }

  private async guarded<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof DataProblem) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DataProblem(
        `A data file cannot be read as Parquet: ${reason}`,
        this.file.url,
        `Publish the data again. Its SHA-256 must be ${this.file.file.sha256}.`,
      );
    }
  }
}

function groupsWith(metadata: FileMetaData, wanted: [string, Key][]): (Span & { certain: boolean })[] {
  const found: (Span & { certain: boolean })[] = [];
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    let possible = true;
    let certain = true;
    for (const [name, value] of wanted) {
      const column = group.columns.find((chunk) => chunk.meta_data?.path_in_schema[0] === name)?.meta_data;
      const low = comparable(column?.statistics?.min_value);
      const high = comparable(column?.statistics?.max_value);
      if (low === null || high === null) {
        certain = false;
        continue;
      }
      if (low > value || high < value) possible = false;
      if (low !== value || high !== value) certain = false;
    }
    if (possible) found.push({ start, end, certain });
    start = end;
  }
  return found;
}

function comparable(value: unknown): Key | null {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : null;
}
