import type { Database } from '../database';
import { isReversed } from '../decode';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { StateEntry } from '../types';

/**
 * SQL for what the steps `at` (sentence_id, step) did to the memory: kept = Σ min(|s'|, |s|) over the units whose sign
 * stays, divided by Σ|s'|, null where that is 0; change = ‖s − s'‖. s' is the state after the step before, of a reversed
 * state after the step behind; where there is none, that of step −1, or else zero.
 */
export async function memoryAt(source: Source, database: Database, state: StateEntry, at: string): Promise<string> {
  const table = source.table(state, 'states');
  if (!table)
    throw new DataProblem(
      `The states of ${state.title} were not published`,
      source.url,
      'Publish the data with states to see the memory.',
    );
  const states = await database.from(table.files);
  return `SELECT sentence_id, step,
       list_sum(list_transform(list_zip(before, now), lambda x: CASE WHEN sign(x[1]) = sign(x[2]) THEN least(abs(x[1]), abs(x[2])) ELSE 0 END))
         / nullif(list_sum(list_transform(before, lambda x: abs(x))), 0) AS kept,
       sqrt(list_sum(list_transform(list_zip(before, now), lambda x: (x[2] - x[1]) ** 2))) AS change
     FROM (
       SELECT now.sentence_id, now.step::INTEGER AS step, now.value::DOUBLE[] AS now,
         coalesce(before.value::DOUBLE[], carried.value::DOUBLE[], list_transform(now.value, lambda x: 0::DOUBLE)) AS before
       FROM (${at}) wanted JOIN ${states} now ON now.sentence_id = wanted.sentence_id AND now.step = wanted.step
       LEFT JOIN ${states} before ON before.sentence_id = now.sentence_id AND before.step = now.step ${isReversed(state) ? '+' : '-'} 1
       LEFT JOIN ${states} carried ON carried.sentence_id = now.sentence_id AND carried.step = -1
     )`;
}
