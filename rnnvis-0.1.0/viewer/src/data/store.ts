import type { Database } from './database';
import type { EngineSize } from './engine';
import { Excerpt } from './excerpt';
import { Lru } from './lru';
import { DataProblem, needsServer } from './problem';
import { RemoteFile, type Transfers, type Transport } from './remote';
import type { TableName } from './schema';
import type { SqlConsole } from './sql/console';
import { Table } from './table';
import type { DatasetEntry, Manifest, ModelEntry, StateEntry, TableEntry } from './types';

const CACHED = 400;

export type Owner = DatasetEntry | ModelEntry | StateEntry;

/** The published tables and files, each opened once; what was read of them; and DuckDB, started when it is asked. */
export class Store {
  private readonly tables = new Map<TableEntry, Table<TableName>>();
  private readonly cache = new Lru<unknown>(CACHED);
  private readonly owners = new Map<Owner, number>();
  private readonly excerpts: Map<TableEntry, Excerpt>;
  private booting: Promise<Database> | null = null;
  /** Hears how many bytes of DuckDB have arrived, and what the server said of its size, while it starts. */
  booted: (loaded: number, size: EngineSize) => void = () => undefined;
  /** Hears that DuckDB has long said nothing while it starts, and after how many seconds it is given up. */
  bootSilent: (seconds: number) => void = () => undefined;

  protected constructor(
    readonly url: string,
    readonly manifest: Manifest,
    private readonly transport: Transport,
    /** Folder of the explorer's own files, where DuckDB lies; null where the page is all there is. */
    private readonly home: string | null,
  ) {
    this.excerpts = excerptsOf(manifest, url, transport);
  }

  get transfers(): Transfers {
    return this.transport.transfers;
  }

  /** The table, or null where it was not published. */
  table<N extends TableName>(owner: Owner, name: N): Table<N> | null {
    const entry = owner.tables[name];
    if (!entry || entry.rows === 0) return null;
    let table = this.tables.get(entry);
    if (!table) {
      table = new Table<TableName>(name, entry, this.url, this.transport, this.excerpts.get(entry) ?? null);
      this.tables.set(entry, table);
    }
    return table as unknown as Table<N>;
  }

  /** A published file that is no table. */
  file(entry: { path: string; bytes: number; sha256: string }): RemoteFile {
    const address = new URL(entry.path, this.url).href;
    return new RemoteFile(address, { ...entry, rows: 0, first: null, last: null }, this.transport);
  }

  /** Whether DuckDB can be had: not in a page that was saved as one file. */
  get queries(): boolean {
    return this.home !== null;
  }

  /** DuckDB, started at the first call: for searches, filters and rankings, never for the first view. */
  database(): Promise<Database> {
    const { home } = this;
    if (home === null) return Promise.reject(needsServer());
    if (this.booting) return this.booting;
    const forget = (): void => void (this.booting = null);
    const heard = {
      progress: (loaded: number, size: EngineSize) => this.booted(loaded, size),
      silent: (seconds: number) => this.bootSilent(seconds),
    };
    this.booting = import('./database').then(({ Database }) => Database.boot(home, heard, forget));
    this.booting.catch(forget);
    return this.booting;
  }

  /** The console for SQL, with an engine of its own. */
  async console(): Promise<SqlConsole> {
    const { home } = this;
    if (home === null) throw needsServer();
    const { SqlConsole } = await import('./sql/console');
    return new SqlConsole(home, ({ owner, name }) => this.table(owner, name)?.files ?? []);
  }

  protected required<N extends TableName>(owner: Owner, name: N): Table<N> {
    const table = this.table(owner, name);
    if (table) return table;
    const missing = owner.tables[name] ? 'is empty' : 'was not published';
    throw new DataProblem(
      `The table “${name}” of ${owner.title} ${missing}`,
      this.url,
      'Publish the data again with “rnnvis publish”.',
    );
  }

  /** Throws where a row has another number of units than the manifest says: nothing of it could be drawn in its place. */
  protected fits(state: StateEntry, name: TableName, units: number): void {
    if (units === state.units) return;
    throw new DataProblem(
      `The manifest gives ${state.title} ${state.units.toLocaleString('en')} units, but the table “${name}” holds ${units.toLocaleString('en')}`,
      this.table(state, name)?.urls.join(', ') ?? this.url,
      'The manifest and the tables are of different trainings: publish the data again with “rnnvis publish”.',
    );
  }

  /** A short name for cache keys: models may share the names of their states. */
  owner(entry: Owner): number {
    const known = this.owners.get(entry) ?? this.owners.size;
    this.owners.set(entry, known);
    return known;
  }

  protected once<T>(key: string, load: () => Promise<T>): Promise<T> {
    return this.cache.get(key, load) as Promise<T>;
  }
}

function excerptsOf(manifest: Manifest, url: string, transport: Transport): Map<TableEntry, Excerpt> {
  const found = new Map<TableEntry, Excerpt>();
  for (const dataset of manifest.datasets) {
    const entry = dataset.first_view;
    if (!entry) continue;
    const file = new RemoteFile(
      new URL(entry.path, url).href,
      { ...entry, rows: 0, first: null, last: null },
      transport,
    );
    for (const slice of entry.slices) {
      const model = dataset.models.find(({ name }) => name === slice.model);
      const owner =
        slice.model === null
          ? dataset
          : slice.state === null
            ? model
            : model?.states.find(({ name }) => name === slice.state);
      const table = owner?.tables[slice.table];
      if (table) found.set(table, new Excerpt(file, slice));
    }
  }
  return found;
}
