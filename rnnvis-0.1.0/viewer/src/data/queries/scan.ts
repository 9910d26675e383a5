/** What a page without DuckDB can still look up: plain searches over the small tables that it holds. */

import type { Source } from '../source';
import type { StateEntry } from '../types';
import type { UnitWordRanks } from './unitWords';

/** The same answer as `rankUnitWords` by certainty, by reading every response. */
export async function scanUnitWords(
  source: Source,
  state: StateEntry,
  unit: number,
  each: number,
): Promise<UnitWordRanks> {
  const rows = (await source.table(state, 'responses')?.all(['word_id', 'count', 'mean', 'standard_error'])) ?? [];
  const ranked = rows
    .filter((row) => Number(row.count) >= state.measured.minimum_count && row.mean && row.standard_error)
    .map((row) => ({ id: row.word_id, mean: row.mean![unit]!, score: row.mean![unit]! / row.standard_error![unit]! }))
    .filter(({ score }) => Number.isFinite(score));
  const ids = (rising: boolean): number[] =>
    ranked
      .filter(({ mean }) => (rising ? mean > 0 : mean < 0))
      .sort((a, b) => (rising ? b.score - a.score : a.score - b.score) || a.id - b.id)
      .slice(0, each)
      .map(({ id }) => id);
  return { up: ids(true), down: ids(false) };
}
