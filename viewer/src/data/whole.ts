/** Whole columns of published tables. */

import type { Rows, TableName } from './schema';
import type { Columns, Table } from './table';

const held = new WeakMap<object, Map<string, Promise<unknown[]>>>();

/** Columns of all rows, each read once and kept: whoever needs one of them again shares it. */
export async function wholeColumns<N extends TableName, C extends keyof Rows[N] & string>(
  table: Table<N>,
  names: readonly C[],
): Promise<Columns<N, C>> {
  const kept = held.get(table) ?? new Map<string, Promise<unknown[]>>();
  held.set(table, kept);
  const lacking = names.filter((name) => !kept.has(name));
  const read = lacking.length ? table.columns(0, table.rows, lacking) : null;
  for (const name of lacking) {
    const column = read!.then((columns) => columns[name] as unknown[]);
    kept.set(name, column);
    column.catch(() => kept.delete(name));
  }
  const columns = await Promise.all(names.map((name) => kept.get(name)!));
  return Object.fromEntries(names.map((name, i) => [name, columns[i]])) as Columns<N, C>;
}
