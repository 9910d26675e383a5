import { tableFromIPC, type Table } from '@uwdata/flechette';
import { reason, startEngine, type Engine, type Settings } from './engine';
import { DataProblem, outOfMemory } from './problem';
import type { RemoteFile } from './remote';

export type Value = string | number | boolean | null;

/** DuckDB for the explorer's own queries. Values are always bound; file names are quoted by the engine and nowhere else. */
export class Database {
  private readonly kept = new Map<string, Promise<string>>();
  private queue: Promise<unknown> = Promise.resolve();
  private end!: (problem: DataProblem) => void;
  /** Rejects when the engine cannot go on; never resolves. */
  private readonly over = new Promise<never>((_, reject) => (this.end = reject));

  private constructor(
    private readonly engine: Engine,
    private readonly ended: () => void,
  ) {
    this.over.catch(() => undefined);
  }

  /** Starts the engine from `home`; `heard` hears how far it is, `ended` that it is of no use any more. */
  static async boot(home: string, heard: Pick<Settings, 'progress' | 'silent'>, ended: () => void): Promise<Database> {
    return new Database(await startEngine(home, { plainNumbers: true, ...heard }), ended);
  }

  /** SQL for the rows of these files, as something to select from. */
  from(files: readonly RemoteFile[]): Promise<string> {
    return Promise.race([this.engine.from(files), this.over]).catch((error: unknown) =>
      Promise.reject(this.failed(error)),
    );
  }

  /** The name of a table in memory with the rows of `select`, made at the first call with this key. */
  keep(key: string, select: string): Promise<string> {
    let made = this.kept.get(key);
    if (!made) {
      const name = `kept_${this.kept.size}`;
      const { duckdb, connection } = this.engine;
      made = this.queued(() => duckdb.runQuery(connection, `CREATE OR REPLACE TABLE ${name} AS ${select}`)).then(
        () => name,
        (error: unknown) => Promise.reject(this.failed(error)),
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
    const run = Promise.race([this.queue.then(act), this.over]);
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
      throw this.failed(error);
    } finally {
      if (statement !== null) await duckdb.closePrepared(connection, statement).catch(() => undefined);
    }
  }

  /** What went wrong, in words. An engine without memory or broken down is given up, and its memory with it. */
  private failed(error: unknown): DataProblem {
    if (error instanceof DataProblem) return error;
    const full = outOfMemory(error);
    const problem = new DataProblem(
      full ? 'The search ran out of memory' : `The search failed: ${reason(error)}`,
      'DuckDB',
      full
        ? 'Close other tabs or programs, or search for less, and try again: the search engine starts anew. The rest works without it.'
        : 'Change what is searched for, and try again.',
    );
    if (full || (error instanceof Error && error.name === 'RuntimeError')) {
      this.end(problem);
      this.ended();
      void this.engine.duckdb.terminate();
    }
    return problem;
  }
}
