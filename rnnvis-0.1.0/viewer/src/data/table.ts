import { parquetMetadataAsync, parquetRead, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { checked } from './checked';
import type { Excerpt } from './excerpt';
import { DataProblem, outOfMemory } from './problem';
import { RemoteFile, type Transport } from './remote';
import { NULLABLE, type Rows, type TableName } from './schema';
import type { TableEntry } from './types';

type Key = string | number;

/** Rows [start, end) of one file that share a row group. */
interface Span {
  start: number;
  end: number;
}

/** How much of a file's end is asked for when its footer is read; longer footers take a second look. */
const FOOTER = 8 * 1024;

/** Tables with one row a key: where the keys of a row group have no gap, a key says where its row is. */
const UNIQUE: readonly TableName[] = ['words', 'sentences', 'responses', 'predictions', 'units'];

/** One published table: reads the rows asked for, and of the files only the pages that hold them. */
export class Table<N extends TableName> {
  private readonly parts: Part<N>[];

  constructor(
    readonly name: N,
    readonly entry: TableEntry,
    base: string,
    transport: Transport,
    /** Rows that the first view needs, if they are held apart. */
    readonly excerpt: Excerpt | null = null,
  ) {
    let first = 0;
    this.parts = entry.files.map((file) => {
      const part = new Part<N>(
        new RemoteFile(new URL(file.path, base).href, file, transport),
        first,
        UNIQUE.includes(name),
        NULLABLE[name],
      );
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
  async slice<C extends keyof Rows[N] & string>(
    start: number,
    end: number,
    columns: readonly C[],
  ): Promise<Pick<Rows[N], C>[]> {
    const reads = this.parts
      .filter((part) => part.first < end && start < part.first + part.file.file.rows)
      .map((part) =>
        part.read(
          { start: Math.max(0, start - part.first), end: Math.min(part.file.file.rows, end - part.first) },
          columns,
        ),
      );
    return (await Promise.all(reads)).flat();
  }

  /** Rows [start, end) as one array a column, empty where the column was not published: many rows cost no objects. */
  async columns<C extends keyof Rows[N] & string>(
    start: number,
    end: number,
    names: readonly C[],
  ): Promise<Columns<N, C>> {
    const reads = this.parts
      .filter((part) => part.first < end && start < part.first + part.file.file.rows)
      .map((part) =>
        part.columns(
          { start: Math.max(0, start - part.first), end: Math.min(part.file.file.rows, end - part.first) },
          names,
        ),
      );
    return joined<N, C>(names, await Promise.all(reads));
  }

  /** As `where`, but one array a column. */
  async columnsWhere<C extends keyof Rows[N] & string>(
    keys: Partial<Record<keyof Rows[N] & string, Key>>,
    names: readonly C[],
  ): Promise<Columns<N, C>> {
    const wanted = Object.entries(keys) as [keyof Rows[N] & string, Key][];
    const excerpted = (await this.excerpt?.where(wanted, names)) as Pick<Rows[N], C>[] | null | undefined;
    if (excerpted)
      return joined<N, C>(names, [Object.fromEntries(names.map((name) => [name, excerpted.map((row) => row[name])]))]);
    const spans = await Promise.all(
      this.holding(wanted).map((part) =>
        part.spans(wanted).then((found) => found.map((span) => part.columns(span, names))),
      ),
    );
    return joined<N, C>(names, await Promise.all(spans.flat()));
  }

  /** All rows; the files are fetched whole. */
  async all<C extends keyof Rows[N] & string>(columns: readonly C[]): Promise<Pick<Rows[N], C>[]> {
    await Promise.all(this.files.map((file) => file.bytes()));
    return this.slice(0, this.rows, columns);
  }

  /** All rows whose key columns have these values. Keys must be a prefix of the columns that the table is sorted by. */
  async where<C extends keyof Rows[N] & string>(
    keys: Partial<Record<keyof Rows[N] & string, Key>>,
    columns: readonly C[],
  ): Promise<Pick<Rows[N], C>[]> {
    const wanted = Object.entries(keys) as [keyof Rows[N] & string, Key][];
    const excerpted = await this.excerpt?.where(wanted, columns);
    if (excerpted) return excerpted as Pick<Rows[N], C>[];
    const found = await Promise.all(this.holding(wanted).map((part) => part.where(wanted, columns)));
    return found.flat();
  }

  /** Bytes that reading these columns whole takes: of their ranges, or of the files where the server knows no ranges. */
  async bytesOf<C extends keyof Rows[N] & string>(columns: readonly C[]): Promise<number> {
    const sizes = await Promise.all(this.parts.map((part) => part.bytesOf(columns)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Files that may hold rows with these keys. */
  private holding(wanted: readonly [string, Key][]): Part<N>[] {
    const leading = wanted[0]?.[1];
    return this.parts.filter(({ file: { file } }) => {
      if (typeof leading !== 'number' || file.first === null || file.last === null) return true;
      return file.first <= leading && leading <= file.last;
    });
  }
}

/** Values by column, in row order. */
export type Columns<N extends TableName, C extends keyof Rows[N] & string> = {
  [K in C]: Exclude<Rows[N][K], undefined>[];
};

function joined<N extends TableName, C extends keyof Rows[N] & string>(
  names: readonly C[],
  parts: Record<string, unknown[]>[],
): Columns<N, C> {
  return Object.fromEntries(
    names.map((name) => [name, parts.length === 1 ? parts[0]![name]! : parts.flatMap((part) => part[name]!)]),
  ) as Columns<N, C>;
}

class Part<N extends TableName> {
  private readonly pages: AsyncBuffer;
  private metadata: Promise<FileMetaData> | null = null;
  private readonly keys = new Map<string, Promise<Record<string, unknown>[]>>();

  constructor(
    readonly file: RemoteFile,
    /** Row of the table that is this file's first. */
    readonly first: number,
    /** Whether no two rows share a key. */
    private readonly unique: boolean,
    /** Columns that an older file may lack. */
    private readonly nullable: readonly string[],
  ) {
    this.pages = checked(file);
  }

  async read<C extends string>(span: Span, columns: readonly C[]): Promise<Pick<Rows[N], C & keyof Rows[N]>[]> {
    if (span.end <= span.start) return [];
    return this.guarded(async () => {
      const metadata = await this.footer();
      const lacking = this.lacking(metadata, columns);
      const rows = await parquetReadObjects({
        file: this.pages,
        metadata,
        columns: columns.filter((name) => !lacking.includes(name)),
        rowStart: span.start,
        rowEnd: span.end,
        useOffsetIndex: true,
        geoparquet: false,
      });
      for (const row of lacking.length ? rows : []) for (const name of lacking) row[name] = null;
      return rows as Pick<Rows[N], C & keyof Rows[N]>[];
    });
  }

  /** Of these columns the ones that may be null and were declared after this file was written. */
  private lacking(metadata: FileMetaData, columns: readonly string[]): string[] {
    const held = new Set(metadata.schema.map(({ name }) => name));
    return columns.filter((name) => !held.has(name) && this.nullable.includes(name));
  }

  async columns(span: Span, names: readonly string[]): Promise<Record<string, unknown[]>> {
    const pieces = new Map<string, { from: number; data: unknown[] }[]>(names.map((name) => [name, []]));
    if (span.end > span.start) {
      await this.guarded(async () => {
        const metadata = await this.footer();
        const lacking = this.lacking(metadata, names);
        await parquetRead({
          file: this.pages,
          metadata,
          columns: names.filter((name) => !lacking.includes(name)),
          rowStart: span.start,
          rowEnd: span.end,
          useOffsetIndex: true,
          geoparquet: false,
          // Whole pages arrive, which may begin before the first row and end after the last.
          onChunk: ({ columnName, columnData, rowStart, rowEnd }) => {
            const from = Math.max(span.start, rowStart);
            const to = Math.min(span.end, rowEnd);
            if (from < to)
              pieces
                .get(columnName)
                ?.push({ from, data: Array.from(columnData.slice(from - rowStart, to - rowStart)) });
          },
        });
      });
    }
    return Object.fromEntries(
      [...pieces].map(([name, parts]) => [name, parts.sort((a, b) => a.from - b.from).flatMap(({ data }) => data)]),
    );
  }

  async bytesOf(columns: readonly string[]): Promise<number> {
    const metadata = await this.guarded(() => this.footer());
    if (!this.file.ranged) return this.file.byteLength;
    const chunks = metadata.row_groups
      .flatMap((group) => group.columns)
      .filter((chunk) => columns.includes(chunk.meta_data?.path_in_schema[0] ?? ''));
    return chunks.reduce((sum, chunk) => sum + Number(chunk.meta_data?.total_compressed_size ?? 0), 0);
  }

  async where<C extends string>(
    wanted: [string, Key][],
    columns: readonly C[],
  ): Promise<Pick<Rows[N], C & keyof Rows[N]>[]> {
    const reads = (await this.spans(wanted)).map((span) => this.read(span, columns));
    return (await Promise.all(reads)).flat();
  }

  /** Where the rows with these keys are. */
  async spans(wanted: [string, Key][]): Promise<Span[]> {
    const candidates = await this.guarded(async () => groupsWith(await this.footer(), wanted, this.unique));
    return Promise.all(candidates.map(async ({ group, open }) => (open.length ? this.narrow(group, open) : group)));
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
      row !== undefined &&
      wanted.every(([name, value]) => (typeof value === 'number' ? Number(row[name]) : row[name]) === value);
    let start = 0;
    while (start < held.length && !matches(held[start])) start++;
    let end = start;
    while (end < held.length && matches(held[end])) end++;
    return { start: group.start + start, end: group.start + end };
  }

  private footer(): Promise<FileMetaData> {
    this.metadata ??= parquetMetadataAsync(this.pages, {
      initialFetchSize: Math.min(FOOTER, this.file.file.index_bytes ?? FOOTER),
      geoparquet: false,
    });
    this.metadata.catch(() => (this.metadata = null));
    return this.metadata;
  }

  private async guarded<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof DataProblem || outOfMemory(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DataProblem(
        `A data file cannot be read as Parquet: ${reason}`,
        this.file.url,
        `Publish the data again. Its SHA-256 must be ${this.file.file.sha256}.`,
      );
    }
  }
}

interface Candidate {
  group: Span;
  /** Keys that the footer's statistics leave open: their columns must be read. */
  open: [string, Key][];
}

function groupsWith(metadata: FileMetaData, wanted: [string, Key][], unique: boolean): Candidate[] {
  const found: Candidate[] = [];
  let start = 0;
  for (const rowGroup of metadata.row_groups) {
    const end = start + Number(rowGroup.num_rows);
    const candidate = candidateOf(rowGroup, { start, end }, wanted, unique);
    if (candidate) found.push(candidate);
    start = end;
  }
  return found;
}

function candidateOf(
  rowGroup: FileMetaData['row_groups'][number],
  group: Span,
  wanted: [string, Key][],
  unique: boolean,
): Candidate | null {
  const open: [string, Key][] = [];
  for (const [name, value] of wanted) {
    const statistics = rowGroup.columns.find((chunk) => chunk.meta_data?.path_in_schema[0] === name)?.meta_data
      ?.statistics;
    const low = comparable(statistics?.min_value);
    const high = comparable(statistics?.max_value);
    if (low !== null && high !== null && (low > value || high < value)) return null;
    if (
      typeof low === 'number' &&
      typeof high === 'number' &&
      typeof value === 'number' &&
      unique &&
      high - low === group.end - group.start - 1
    ) {
      const row = group.start + value - low;
      return { group: { start: row, end: row + 1 }, open: [] };
    }
    if (low !== value || high !== value) open.push([name, value]);
  }
  return { group, open };
}

function comparable(value: unknown): Key | null {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : null;
}
