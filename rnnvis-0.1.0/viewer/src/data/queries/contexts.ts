import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry, StateEntry } from '../types';

/** Longest sentence that is offered, and how many are tried for one whose states are known. */
const LONGEST = 24;
const TRIED = 8;

export interface Use {
  key: string;
  step: number;
}

/** A use of a word in the other context: where the model was surest, just before it, of the last class (`high`) or against it. */
export async function otherContext(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  state: StateEntry,
  word: { token: number; high: boolean },
): Promise<Use | null> {
  const steps = source.table(model, 'steps');
  const sentences = source.table(dataset, 'sentences');
  if (!steps || !sentences)
    throw new DataProblem('The steps of this model were not published', source.url, 'Publish the data again.');
  const database = await source.database();
  const [from, texts] = await Promise.all([database.from(steps.files), database.from(sentences.files)]);
  const rows = await database.query<{ id: number; key: string; step: number }>(
    `SELECT s.sentence_id AS id, s.key, u.step
     FROM ${from} u JOIN ${from} b ON b.sentence_id = u.sentence_id AND b.step = u.step - 1 JOIN ${texts} s ON s.sentence_id = u.sentence_id
     WHERE u.token_id = ? AND s.split <> 'probe' AND s.length <= ? AND (b.p_class[-1] > 0.5) = ?
     ORDER BY abs(b.p_class[-1] - 0.5) DESC, s.length, s.sentence_id LIMIT ?`,
    [word.token, LONGEST, word.high, TRIED],
  );
  for (const { id, key, step } of rows) if (await source.knownStates(state, id)) return { key, step };
  return null;
}
