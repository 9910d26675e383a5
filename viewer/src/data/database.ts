import { AsyncDuckDB, DuckDBDataProtocol, VoidLogger } from '@duckdb/duckdb-wasm';
import { tableFromIPC } from '@uwdata/flechette';
import { DataProblem } from './problem';
import type { RemoteFile } from './remote';

export type Value = string | number | boolean | null;

/** Files up to this size are handed to DuckDB whole, fetched and checked as every other file; larger ones it reads in ranges. */
const WHOLE = 24 * 1024 * 1024;

/** Published files appear to DuckDB under this folder, and nothing else can be read. */
const FOLDER = 'published';

/** DuckDB in a worker. Values are always bound; file names are quoted here and nowhere else. */
export class Database {
  private readonly files = new Map<string, Promise<string>>();
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly engine: AsyncDuckDB,
    private readonly connection: number,
  ) {}

  /** Starts the engine from `home`: same origin, no request elsewhere. */
  static async boot(home: string): Promise<Database> {
    const folder = new URL('duckdb/', home).href;
    const script = new URL('duckdb-browser-eh.worker.js', folder).href;
    const module = new URL('duckdb-eh.wasm', folder).href;
    try {
      if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly, or it is switched off');
      await Promise.all([present(script), present(module)]);
      const worker = new Worker(script, { name: 'duckdb' });
      const engine = new AsyncDuckDB(new VoidLogger(), worker);
      await Promise.race([engine.instantiate(module), failureOf(worker)]);
      await engine.open({
        filesystem: { forceFullHTTPReads: false, allowFullHTTPReads: true },
        query: { castBigIntToDouble: true, castDecimalToDouble: true },
      });
      const database = new Database(engine, await engine.connectInternal());
      await database.run(`SET custom_extension_repository = ${literal(new URL('extensions', folder).href)}`);
      await database.run('LOAD parquet');
      await database.run(`SET allowed_directories = [${literal(FOLDER)}]`);
      await database.run('SET enable_external_access = false');
      await database.run('SET lock_configuration = true');
      return database;
    } catch (error) {
      throw new DataProblem(
        `The search engine did not start: ${reason(error)}`,
        folder,
        'Search and rankings need it; the rest works without. Check that the folder “duckdb” of the explorer is on the server.',
      );
    }
  }

  /** SQL for the rows of these files, as something to select from. */
  async from(files: readonly RemoteFile[]): Promise<string> {
    const names = await Promise.all(files.map((file) => this.register(file)));
    return `read_parquet([${names.map(literal).join(', ')}])`;
  }

  /** Runs one statement with bound values (`?`) and returns its rows. */
  query<T>(sql: string, values: readonly Value[] = []): Promise<T[]> {
    const run = this.queue.then(() => this.prepared<T>(sql, values));
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async prepared<T>(sql: string, values: readonly Value[]): Promise<T[]> {
    let statement: number | null = null;
    try {
      statement = await this.engine.createPrepared(this.connection, sql);
      return rows<T>(await this.engine.runPrepared(this.connection, statement, [...values]));
    } catch (error) {
      throw new DataProblem(`The search failed: ${reason(error)}`, 'DuckDB', 'Change what is searched for, and try again.');
    } finally {
      if (statement !== null) await this.engine.closePrepared(this.connection, statement).catch(() => undefined);
    }
  }

  private run(sql: string): Promise<Uint8Array> {
    return this.engine.runQuery(this.connection, sql);
  }

  private register(file: RemoteFile): Promise<string> {
    const name = `${FOLDER}/${file.file.path}`;
    let ready = this.files.get(name);
    if (!ready) {
      ready = this.hand(file, name).then(() => name);
      this.files.set(name, ready);
      ready.catch(() => this.files.delete(name));
    }
    return ready;
  }

  private async hand(file: RemoteFile, name: string): Promise<void> {
    if (file.byteLength > WHOLE) await this.engine.registerFileURL(name, file.url, DuckDBDataProtocol.HTTP, false);
    else await this.engine.registerFileBuffer(name, new Uint8Array((await file.bytes()).slice(0)));
  }
}

/** Throws where the server has no such file: the engine itself would wait for it for ever. */
async function present(url: string): Promise<void> {
  const { ok, status } = await fetch(url, { method: 'HEAD' });
  if (!ok) throw new Error(`the server answered ${status} for ${url}`);
}

/** Never resolves; throws when the worker's script does not run. */
function failureOf(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'its worker did not run')), { once: true });
  });
}

function rows<T>(bytes: Uint8Array): T[] {
  return tableFromIPC(bytes, { useProxy: false }).toArray() as T[];
}

/** A SQL string literal. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? text).replace(/^[A-Z][\w ]* Error: /, '');
}
