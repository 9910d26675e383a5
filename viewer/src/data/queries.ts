/** Every query that DuckDB answers. Each names the tables it needs; a table that was not published narrows the answer, and the caller is told. */

import type { Value } from './database';
import { DataProblem } from './problem';
import type { Source } from './source';
import type { DatasetEntry, ModelEntry, StateEntry } from './types';

export type SentenceOrder = 'corpus' | 'loss' | 'surprise' | 'longest' | 'shortest';

export interface SentenceSearch {
  /** Text to find, without regard to case and accents; `/…/` is a regular expression. Empty finds all. */
  text: string;
  label: number | null;
  split: string | null;
  /** Only those that the model got right, or wrong. */
  verdict: 'right' | 'wrong' | null;
  order: SentenceOrder;
  limit: number;
  offset: number;
}

export interface SentenceHit {
  id: number;
  key: string;
  text: string;
  split: string;
  label: number | null;
  length: number;
  predicted: number | null;
  loss: number | null;
  surprise: number | null;
  surpriseStep: number | null;
}

export interface SentenceHits {
  total: number;
  hits: SentenceHit[];
}

const ORDERS: Record<SentenceOrder, string> = {
  corpus: 's.sentence_id',
  loss: 'p.loss DESC NULLS LAST, s.sentence_id',
  surprise: 'p.surprise DESC NULLS LAST, s.sentence_id',
  longest: 's.length DESC, s.sentence_id',
  shortest: 's.length, s.sentence_id',
};

/** The expression between slashes, or null where the text is not one. */
export function expression(text: string): string | null {
  return /^\/(.+)\/$/.exec(text.trim())?.[1] ?? null;
}

export async function searchSentences(source: Source, dataset: DatasetEntry, model: ModelEntry, search: SentenceSearch): Promise<SentenceHits> {
  const sentences = source.table(dataset, 'sentences');
  if (!sentences) throw new DataProblem('The table “sentences” was not published', source.url, 'Publish the data again.');
  const predictions = source.table(model, 'predictions');
  const database = await source.database();
  const start = performance.now();
  const from = joined(await database.from(sentences.files), predictions && (await database.from(predictions.files)));
  const where: string[] = [];
  const values: Value[] = [];
  const text = search.text.trim();
  const pattern = expression(text);
  if (pattern !== null) {
    where.push("regexp_matches(s.text, ?, 'i')");
    values.push(pattern);
  } else if (text) {
    where.push('contains(strip_accents(lower(s.text)), strip_accents(lower(?)))');
    values.push(text);
  }
  if (search.label !== null) {
    where.push('s.label = ?');
    values.push(search.label);
  }
  if (search.split !== null) {
    where.push('s.split = ?');
    values.push(search.split);
  }
  if (search.verdict !== null) where.push(`s.label IS NOT NULL AND (p.predicted = s.label) = ${search.verdict === 'right'}`);
  const condition = where.length ? `WHERE ${where.join(' AND ')}` : '';
  const [count] = await database.query<{ n: number }>(`SELECT count(*) AS n FROM ${from} ${condition}`, values);
  const rows = await database.query<SentenceHit & Record<'surprise_step', number | null>>(
    `SELECT s.sentence_id AS id, s.key, s.text, s.split, s.label, s.length, p.predicted, p.loss, p.surprise, p.surprise_step
     FROM ${from} ${condition} ORDER BY ${ORDERS[search.order]} LIMIT ? OFFSET ?`,
    [...values, search.limit, search.offset],
  );
  const hits = rows.map(({ surprise_step: surpriseStep, ...row }) => ({ ...row, surpriseStep }));
  performance.measure('rnnvis search', { start });
  return { total: Number(count?.n ?? 0), hits };
}

function joined(sentences: string, predictions: string | null): string {
  if (predictions) return `${sentences} s LEFT JOIN ${predictions} p USING (sentence_id)`;
  const none = 'SELECT NULL::INTEGER AS sentence_id, NULL::SMALLINT AS predicted, NULL::FLOAT AS loss, NULL::FLOAT AS surprise, NULL::SMALLINT AS surprise_step';
  return `${sentences} s LEFT JOIN (${none}) p USING (sentence_id)`;
}

/** What words of a unit are ranked by: the size of the mean change, or its size in standard errors. */
export type UnitWordOrder = 'change' | 'certainty';

export interface UnitWordRanks {
  up: number[];
  down: number[];
}

/** The reliable words that raise a unit most and those that lower it most, strongest first. */
export async function rankUnitWords(source: Source, state: StateEntry, unit: number, order: UnitWordOrder, each: number): Promise<UnitWordRanks> {
  const responses = source.table(state, 'responses');
  if (!responses) return { up: [], down: [] };
  const database = await source.database();
  const from = await database.from(responses.files);
  const at = unit + 1;
  const [by, values] = order === 'certainty' ? ['mean[?::INTEGER] / standard_error[?::INTEGER]', [at, at]] : ['mean[?::INTEGER]', [at]];
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
