import type { Source } from '../source';
import type { StateEntry } from '../types';
import { scanUnitWords } from './scan';

/** What words of a unit are ranked by: the size of the mean change, or its size in standard errors. */
export type UnitWordOrder = 'change' | 'certainty';

export interface UnitWordRanks {
  up: number[];
  down: number[];
}

/** The reliable words that raise a unit most and those that lower it most, strongest first. */
export async function rankUnitWords(
  source: Source,
  state: StateEntry,
  unit: number,
  order: UnitWordOrder,
  each: number,
): Promise<UnitWordRanks> {
  const responses = source.table(state, 'responses');
  if (!responses) return { up: [], down: [] };
  if (!source.queries && order === 'certainty') return scanUnitWords(source, state, unit, each);
  const database = await source.database();
  const from = await database.from(responses.files);
  const at = unit + 1;
  const [by, values] =
    order === 'certainty' ? ['mean[?::INTEGER] / standard_error[?::INTEGER]', [at, at]] : ['mean[?::INTEGER]', [at]];
  const select = async (direction: 'ASC' | 'DESC', sign: '>' | '<'): Promise<number[]> => {
    const rows = await database.query<{ wordId: number }>(
      `SELECT word_id AS "wordId" FROM ${from} WHERE count >= ? AND mean[?::INTEGER] ${sign} 0 ORDER BY ${by} ${direction}, word_id LIMIT ?`,
      [state.measured.minimum_count, at, ...values, each],
    );
    return rows.map((row) => row.wordId);
  };
  const [up, down] = await Promise.all([select('DESC', '>'), select('ASC', '<')]);
  return { up, down };
}
