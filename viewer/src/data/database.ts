import { tableFromIPC } from '@uwdata/flechette';
import { reason, startEngine, type Engine } from './engine';
import { DataProblem } from './problem';
import type { RemoteFile } from './remote';

export type Value = string | number | boolean | null;

/** DuckDB for the explorer's own queries. Values are always bound; file names are quoted by the engine and nowhere else. */
export class Database {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(private readonly engine: Engine) {}

  static async boot(home: string): Promise<Database> {
    return new Database(await startEngine(home, { plainNumbers: true }));
  }

  /** SQL for the rows of these files, as something to select from. */
  from(files: readonly RemoteFile[]): Promise<string> {
    return this.engine.from(files);
  }

  /** Runs one statement with bound values (`?`) and returns its rows. */
  query<T>(sql: string, values: readonly Value[] = []): Promise<T[]> {
    const run = this.queue.then(() => this.prepared<T>(sql, values));
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async prepared<T>(sql: string, values: readonly Value[]): Promise<T[]> {
    const { duckdb, connection } = this.engine;
    let statement: number | null = null;
    try {
      statement = await duckdb.createPrepared(connection, sql);
      return rows<T>(await duckdb.runPrepared(connection, statement, [...values]));
    } catch (error) {
      throw new DataProblem(`The search failed: ${reason(error)}`, 'DuckDB', 'Change what is searched for, and try again.');
    } finally {
      if (statement !== null) await duckdb.closePrepared(connection, statement).catch(() => undefined);
    }
  }
}

function rows<T>(bytes: Uint8Array): T[] {
  return tableFromIPC(bytes, { useProxy: false }).toArray() as T[];
}
