import { DataProblem } from '../problem';
import { placeOf } from './statement';

/** What is wrong with a query, in DuckDB's words or ours. */
export class SqlProblem extends Error {
  constructor(
    message: string,
    /** Line and column from 1 that it points at. */
    readonly place: { line: number; column: number | null } | null,
    /** The engine cannot go on after it. */
    readonly fatal = false,
  ) {
    super(message);
    this.name = 'SqlProblem';
  }
}

/** Any failure of a query as what to show; problems of the data stay what they are. */
export function toSqlProblem(error: unknown, memory: string): SqlProblem | DataProblem {
  if (error instanceof SqlProblem || error instanceof DataProblem) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/out of memory|memory access out of bounds|allocation failure|bad_alloc/i.test(message)) {
    return new SqlProblem(
      `The query needs more memory than this page gives it (${memory.replace('MB', ' MB')}). Read fewer columns or rows, or group before joining.`,
      null,
      true,
    );
  }
  if (/^(RuntimeError|abort|unreachable)/i.test(message) || error instanceof WebAssembly.RuntimeError) {
    return new SqlProblem(`The engine stopped: ${message}. It starts again with the next query.`, null, true);
  }
  return new SqlProblem(message, placeOf(message));
}
