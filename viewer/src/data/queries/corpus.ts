/** Tables in DuckDB's memory that searches share: made once, then every search reads only them. */

import type { Database } from '../database';
import { isReversed } from '../decode';
import { foldedSql as folded } from '../folding';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry, StateEntry } from '../types';

/** The sentences, with a column `folded` to search in. */
export async function sentencesTable(source: Source, database: Database, dataset: DatasetEntry): Promise<string> {
  const table = source.table(dataset, 'sentences');
  if (!table) throw new DataProblem('The table “sentences” was not published', source.url, 'Publish the data again.');
  const from = await database.from(table.files);
  return database.keep(
    `sentences ${source.owner(dataset)}`,
    `SELECT sentence_id, key, text, ${folded('text')} AS folded, split, label, length, surface FROM ${from} ORDER BY sentence_id`,
  );
}

const NO_PREDICTIONS =
  'SELECT NULL::INTEGER AS sentence_id, NULL::SMALLINT AS predicted, NULL::FLOAT AS loss, NULL::FLOAT AS surprise, NULL::SMALLINT AS surprise_step';

/** What the model made of each sentence; no rows' worth of values where that was not published. */
export async function predictionsTable(source: Source, database: Database, model: ModelEntry): Promise<string> {
  const table = source.table(model, 'predictions');
  const from = table && (await database.from(table.files));
  return database.keep(
    `predictions ${source.owner(model)}`,
    from
      ? `SELECT sentence_id, predicted, loss, surprise, surprise_step FROM ${from}`
      : `${NO_PREDICTIONS} WHERE false`,
  );
}

/** Every token of every sentence as it was written, folded: one row a step. */
export async function tokensTable(source: Source, database: Database, dataset: DatasetEntry): Promise<string> {
  const sentences = await sentencesTable(source, database, dataset);
  return database.keep(
    `tokens ${source.owner(dataset)}`,
    `SELECT sentence_id, step, ${folded('surface')} AS form
     FROM (SELECT sentence_id, unnest(range(len(surface)))::INTEGER AS step, unnest(surface) AS surface FROM ${sentences})`,
  );
}

/** What the model did at each step, with the surprise of the state number `index`. */
export async function stepsTable(
  source: Source,
  database: Database,
  model: ModelEntry,
  index: number,
): Promise<string> {
  const table = source.table(model, 'steps');
  const from = table && (await database.from(table.files));
  const none =
    'SELECT NULL::INTEGER AS sentence_id, NULL::INTEGER AS step, NULL::FLOAT AS push, NULL::FLOAT AS loss, NULL::FLOAT AS surprise WHERE false';
  return database.keep(
    `steps ${source.owner(model)} ${index}`,
    from
      ? `SELECT sentence_id, step::INTEGER AS step, push, loss, surprise[${Math.trunc(index) + 1}] AS surprise FROM ${from}`
      : none,
  );
}

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
