import { tableFromIPC, type Table } from '@uwdata/flechette';
import { startEngine, literal, quoted, type Engine } from '../engine';
import type { RemoteFile } from '../remote';
import { namedTables, sqlType, type NamedTable, type TableGroup } from './names';
import { SqlProblem, toSqlProblem } from './problems';
import { SqlResult, type ResultColumn } from './result';
import { readStatement, refusal } from './statement';

const MEMORY = '768MB';
/** A result beyond either is refused: the page would run out of memory before anyone reads it. */
export const MOST_ROWS = 1_000_000;
const MOST_BYTES = 160 * 1024 * 1024;
/** How long a cancelled query may take to stop before its engine is ended. */
const GRACE = 700;

export type Phase = 'starting' | 'loading' | 'running';

/** Read-only SQL on published tables, in an engine of its own: whatever a query does there, search goes on. */
export class SqlConsole {
  private engine: Promise<Engine> | null = null;
  private scope = '';
  private readonly loaded = new Set<string>();
  private stop: (() => void) | null = null;

  constructor(
    private readonly home: string,
    /** The files of a table. */
    private readonly files: (table: NamedTable) => readonly RemoteFile[],
  ) {}

  /** Runs one question; throws `SqlProblem` for what the query does wrong, `DataProblem` for the rest. */
  async run(text: string, groups: readonly TableGroup[], changed: (phase: Phase) => void): Promise<SqlResult> {
    let cancelled = false;
    let over = false;
    const ended = new Promise<never>((_, reject) => {
      this.stop = () => {
        cancelled = true;
        setTimeout(() => {
          if (!over) this.end();
          reject(new SqlProblem('Cancelled.', null));
        }, GRACE);
      };
    });
    ended.catch(() => undefined);
    try {
      return await Promise.race([this.ask(text, groups, changed, () => cancelled), ended]);
    } catch (error) {
      const problem = cancelled ? new SqlProblem('Cancelled.', null) : toSqlProblem(error, MEMORY);
      if (problem instanceof SqlProblem && problem.fatal) this.end();
      throw problem;
    } finally {
      over = true;
      this.stop = null;
    }
  }

  /** Stops the query that is running; an engine that does not stop is ended, and started again when needed. */
  cancel(): void {
    this.stop?.();
  }

  private end(): void {
    const old = this.engine;
    this.engine = null;
    this.scope = '';
    this.loaded.clear();
    void old?.then(({ duckdb }) => duckdb.terminate()).catch(() => undefined);
  }

  private async ask(
    text: string,
    groups: readonly TableGroup[],
    changed: (phase: Phase) => void,
    cancelled: () => boolean,
  ): Promise<SqlResult> {
    changed('starting');
    this.engine ??= startEngine(this.home, { plainNumbers: false, memory: MEMORY });
    this.engine.catch(() => (this.engine = null));
    const engine = await this.engine;
    const statement = readStatement(text, await engine.duckdb.tokenize(text));
    if (statement.kind === 'nothing')
      throw new SqlProblem('There is no query yet. Write one, or take an example.', null);
    if (statement.kind === 'several')
      throw new SqlProblem('One query at a time: take out what follows the first semicolon.', null);
    if (statement.kind === 'refused') throw new SqlProblem(refusal(statement.verb), null);
    changed('loading');
    await this.expose(engine, groups, statement.words);
    const columns = await this.proven(engine, statement.question, statement.sql);
    if (cancelled()) throw new SqlProblem('Cancelled.', null);
    changed('running');
    const started = performance.now();
    await engine.duckdb.runQuery(engine.connection, 'BEGIN TRANSACTION READ ONLY');
    try {
      const batches = await this.fetched(engine, statement.sql, cancelled);
      const took = performance.now() - started;
      const foreign = groups.some(({ schema }) => schema !== null && statement.words.has(schema));
      const named = namedTables(groups, statement.words);
      return new SqlResult(statement.explained ? null : columns, batches, took, foreign, named);
    } finally {
      await engine.duckdb.runQuery(engine.connection, 'ROLLBACK').catch(() => undefined);
    }
  }

  /** Gives every table its name, and those that the query mentions their rows. */
  private async expose(engine: Engine, groups: readonly TableGroup[], words: ReadonlySet<string>): Promise<void> {
    const run = (sql: string): Promise<unknown> => engine.duckdb.runQuery(engine.connection, sql);
    const scope = JSON.stringify(
      groups.map(({ schema, tables }) => [schema, tables.map(({ entry }) => entry.files[0]!.path)]),
    );
    if (scope !== this.scope) {
      this.loaded.clear();
      const views = await engine.duckdb.runQuery(
        engine.connection,
        'SELECT schema_name AS s, view_name AS v FROM duckdb_views() WHERE NOT internal',
      );
      for (const { s, v } of tableFromIPC(views, { useProxy: false }).toArray() as { s: string; v: string }[])
        await run(`DROP VIEW ${quoted(s)}.${quoted(v)}`);
      for (const { schema, tables } of groups) {
        if (schema) await run(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
        for (const table of tables) await run(placeholder(table));
      }
      this.scope = scope;
    }
    const wanted = namedTables(groups, words).filter((table) => !this.loaded.has(fullName(table)));
    await Promise.all(
      wanted.map(async (table) => {
        const from = await engine.from(this.files(table));
        await run(`CREATE OR REPLACE VIEW ${fullName(table)} AS SELECT * FROM ${from}`);
        this.loaded.add(fullName(table));
      }),
    );
  }

  /** Proves by DuckDB's own parser that the text is one question, and tells its columns: nothing else can be prepared inside a SELECT. */
  private async proven({ duckdb, connection }: Engine, question: string, whole: string): Promise<ResultColumn[]> {
    let statement: number | null = null;
    try {
      statement = await duckdb.createPrepared(connection, `DESCRIBE SELECT * FROM (\n${question}\n)`);
      const rows = tableFromIPC(await duckdb.runPrepared(connection, statement, []), { useProxy: false }).toArray() as {
        column_name: string;
        column_type: string;
      }[];
      return rows.map((row) => ({ name: row.column_name, type: row.column_type }));
    } catch (error) {
      const own = await duckdb.createPrepared(connection, whole).then(
        (plain) => duckdb.closePrepared(connection, plain),
        (wrong: unknown) => wrong,
      );
      const isGrammar = (wrong: unknown): boolean => wrong instanceof Error && wrong.message.startsWith('Parser Error');
      if (own instanceof Error && (isGrammar(own) || !isGrammar(error))) throw own;
      throw new SqlProblem(
        'This console only reads, and this is more than a question. Take out what inserts, changes or deletes.',
        null,
      );
    } finally {
      if (statement !== null) await duckdb.closePrepared(connection, statement).catch(() => undefined);
    }
  }

  private async fetched({ duckdb, connection }: Engine, sql: string, cancelled: () => boolean): Promise<Table[]> {
    const check = async (): Promise<void> => {
      if (!cancelled()) return;
      await duckdb.cancelPendingQuery(connection);
      throw new SqlProblem('Cancelled.', null);
    };
    let header = await duckdb.startPendingQuery(connection, sql, true);
    while (header === null) {
      await check();
      header = await duckdb.pollPendingQuery(connection);
    }
    const batches: Table[] = [decoded([header])];
    let bytes = 0;
    let rows = 0;
    for (;;) {
      await check();
      const chunk: Uint8Array | null = await duckdb.fetchQueryResults(connection);
      if (chunk === null) continue;
      if (chunk.length === 0) return batches;
      const batch = decoded([header, chunk]);
      batches.push(batch);
      rows += batch.numRows;
      bytes += chunk.length;
      if (rows > MOST_ROWS || bytes > MOST_BYTES) {
        await duckdb.cancelPendingQuery(connection);
        const size = rows > MOST_ROWS ? `${MOST_ROWS.toLocaleString('en')} rows` : `${MOST_BYTES / 1024 / 1024} MB`;
        throw new SqlProblem(
          `The result has more than ${size}, which is more than this page holds. Add a LIMIT, or count and group instead.`,
          null,
        );
      }
    }
  }
}

function decoded(parts: Uint8Array[]): Table {
  return tableFromIPC(parts, { useBigInt: true, useDate: true, useProxy: false });
}

function fullName({ schema, name }: NamedTable): string {
  return `${quoted(schema ?? 'main')}.${quoted(name)}`;
}

/** The table with its columns and without its rows, which are fetched when a query names it; until then reading it is an error, not an empty answer. */
function placeholder(table: NamedTable): string {
  const columns = table.about.columns.map(({ name, type }) => `NULL::${sqlType(type)} AS ${quoted(name)}`).join(', ');
  const said = literal(
    `The table ${table.schema ? `${table.schema}.` : ''}${table.name} is fetched when the query names it: write its name out.`,
  );
  return `CREATE OR REPLACE VIEW ${fullName(table)} AS SELECT ${columns} WHERE CAST(error(${said}) AS BOOLEAN)`;
}
