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
  return { total: Number(count?.n ?? 0), hits };
}

function joined(sentences: string, predictions: string | null): string {
  if (predictions) return `${sentences} s LEFT JOIN ${predictions} p USING (sentence_id)`;
  const none = 'SELECT NULL::INTEGER AS sentence_id, NULL::SMALLINT AS predicted, NULL::FLOAT AS loss, NULL::FLOAT AS surprise, NULL::SMALLINT AS surprise_step';
  return `${sentences} s LEFT JOIN (${none}) p USING (sentence_id)`;
}

export interface UnitWord {
  wordId: number;
  count: number;
  mean: number;
  q09: number;
  q25: number;
  q50: number;
  q75: number;
  q91: number;
}

/** The frequent words that raise a unit most and those that lower it most, with the quantiles of the change. */
export async function unitTopWordsWithQuantiles(source: Source, state: StateEntry, unit: number, each: number): Promise<{ up: UnitWord[]; down: UnitWord[] }> {
  const quantiles = source.table(state, 'response_quantiles');
  const responses = source.table(state, 'responses');
  if (!quantiles || !responses) return { up: [], down: [] };
  const database = await source.database();
  const from = `${await database.from(quantiles.files)} q JOIN ${await database.from(responses.files)} r USING (word_id)`;
  const select = (direction: 'ASC' | 'DESC', sign: '>' | '<'): Promise<UnitWord[]> =>
    database.query<UnitWord>(
      `SELECT q.word_id AS "wordId", r.count, r.mean[?] AS mean, q.q09, q.q25, q.q50, q.q75, q.q91
       FROM ${from} WHERE q.unit = ? AND r.mean[?] ${sign} 0 ORDER BY mean ${direction}, q.word_id LIMIT ?`,
      [unit + 1, unit, unit + 1, each],
    );
  const [up, down] = await Promise.all([select('DESC', '>'), select('ASC', '<')]);
  return { up, down };
}
