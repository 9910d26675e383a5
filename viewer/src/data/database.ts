import { tableFromIPC, type Table } from '@uwdata/flechette';
import { reason, startEngine, type Engine, type Settings } from './engine';
import { DataProblem } from './problem';
import type { RemoteFile } from './remote';

export type Value = string | number | boolean | null;

/** DuckDB for the explorer's own queries. Values are always bound; file names are quoted by the engine and nowhere else. */
export class Database {
  private readonly kept = new Map<string, Promise<string>>();
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(private readonly engine: Engine) {}

  /** Starts the engine from `home`; `heard` hears how far it is. */
  static async boot(home: string, heard: Pick<Settings, 'progress' | 'silent'> = {}): Promise<Database> {
    return new Database(await startEngine(home, { plainNumbers: true, ...heard }));
  }

  /** SQL for the rows of these files, as something to select from. */
  from(files: readonly RemoteFile[]): Promise<string> {
    return this.engine.from(files);
  }

  /** The name of a table in memory with the rows of `select`, made at the first call with this key. */
  keep(key: string, select: string): Promise<string> {
    let made = this.kept.get(key);
    if (!made) {
      const name = `kept_${this.kept.size}`;
      const { duckdb, connection } = this.engine;
      made = this.queued(() => duckdb.runQuery(connection, `CREATE OR REPLACE TABLE ${name} AS ${select}`)).then(
        () => name,
        (error: unknown) => Promise.reject(failed(error)),
      );
      this.kept.set(key, made);
      made.catch(() => this.kept.delete(key));
    }
    return made;
  }

  /** Runs one statement with bound values (`?`) and returns its rows. It is dropped unrun where `signal` says so before its turn. */
  async query<T>(sql: string, values: readonly Value[] = [], signal?: AbortSignal): Promise<T[]> {
    return (await this.arrow(sql, values, signal)).toArray() as T[];
  }

  /** The same as columns, for answers too large for rows. */
  arrow(sql: string, values: readonly Value[] = [], signal?: AbortSignal): Promise<Table> {
    return this.queued(() => {
      signal?.throwIfAborted();
      return this.prepared(sql, values);
    });
  }

  private queued<T>(act: () => Promise<T>): Promise<T> {
    const run = this.queue.then(act);
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async prepared(sql: string, values: readonly Value[]): Promise<Table> {
    const { duckdb, connection } = this.engine;
    let statement: number | null = null;
    try {
      statement = await duckdb.createPrepared(connection, sql);
      return tableFromIPC(await duckdb.runPrepared(connection, statement, [...values]), { useProxy: false });
    } catch (error) {
      throw failed(error);
    } finally {
      if (statement !== null) await duckdb.closePrepared(connection, statement).catch(() => undefined);
    }
  }
}

function failed(error: unknown): DataProblem {
  return new DataProblem(`The search failed: ${reason(error)}`, 'DuckDB', 'Change what is searched for, and try again.');
}
