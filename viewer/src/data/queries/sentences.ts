import type { Value } from '../database';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry } from '../types';
import { scanSentences } from './scan';
import { foldedSql as folded } from '../folding';
import { predictionsTable, sentencesTable } from './corpus';
import { expression, type SentenceHit, type SentenceHits, type SentenceOrder, type SentenceSearch } from './search';

const ORDERS: Record<SentenceOrder, string> = {
  corpus: 's.sentence_id',
  loss: 'p.loss DESC NULLS LAST, s.sentence_id',
  surprise: 'p.surprise DESC NULLS LAST, s.sentence_id',
  longest: 's.length DESC, s.sentence_id',
  shortest: 's.length, s.sentence_id',
  alphabet: 's.folded, s.sentence_id',
};

/** The condition of a search as SQL with `?` for its values. */
export function sentenceCondition(search: Omit<SentenceSearch, 'order' | 'limit' | 'offset'>): {
  sql: string;
  values: Value[];
} {
  const where: string[] = [];
  const values: Value[] = [];
  const add = (sql: string, ...bound: Value[]): void => {
    where.push(sql);
    values.push(...bound);
  };
  const text = search.text.trim();
  const pattern = expression(text);
  if (pattern !== null) add("regexp_matches(s.text, ?, 'i')", pattern);
  else if (text) add(`contains(s.folded, ${folded('?::VARCHAR')})`, text);
  if (search.label !== null) add('s.label = ?', search.label);
  if (search.split !== null) add('s.split = ?', search.split);
  if (search.verdict !== null) add(`s.label IS NOT NULL AND (p.predicted = s.label) = ${search.verdict === 'right'}`);
  for (const [column, span] of [
    ['s.length', search.length],
    ['p.loss', search.loss],
    ['p.surprise', search.surprise],
  ] as const) {
    if (typeof span?.[0] === 'number') add(`${column} >= ?::DOUBLE`, span[0]);
    if (typeof span?.[1] === 'number') add(`${column} <= ?::DOUBLE`, span[1]);
  }
  return { sql: where.length ? `WHERE ${where.join(' AND ')}` : '', values };
}

/** Sentences of the whole corpus, and how many there are of the kind. */
export async function searchSentences(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  search: SentenceSearch,
  signal?: AbortSignal,
): Promise<SentenceHits> {
  if (!source.queries) return scanSentences(source, dataset, model, search);
  const database = await source.database();
  const start = performance.now();
  const pattern = expression(search.text);
  const sentences = `${await sentencesTable(source, database, dataset)} s`;
  const from = `${sentences} LEFT JOIN ${await predictionsTable(source, database, model)} p USING (sentence_id)`;
  if (pattern !== null) await checkExpression(source, pattern, signal);
  const { sql, values } = sentenceCondition(search);
  // Counting needs no join, for which every sentence would be looked up, unless the condition asks for predictions.
  const [count] = await database.query<{ n: number }>(
    `SELECT count(*) AS n FROM ${/\bp\./.test(sql) ? from : sentences} ${sql}`,
    values,
    signal,
  );
  const rows = await database.query<SentenceHit & Record<'surprise_step', number | null>>(
    `SELECT s.sentence_id AS id, s.key, s.text, s.split, s.label, s.length, p.predicted, p.loss, p.surprise, p.surprise_step, s.surface
     FROM ${from} ${sql} ORDER BY ${ORDERS[search.order]} ${search.limit === null ? '' : 'LIMIT ? OFFSET ?'}`,
    search.limit === null ? values : [...values, search.limit, search.offset],
    signal,
  );
  const hits = rows.map(({ surprise_step: surpriseStep, ...row }) => ({
    ...row,
    surface: [...row.surface],
    surpriseStep,
  }));
  performance.measure('rnnvis search', { start });
  return { total: Number(count?.n ?? 0), hits };
}

/** Sentences by their numbers. */
export async function sentencesById(
  source: Source,
  dataset: DatasetEntry,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<Map<number, Pick<SentenceHit, 'id' | 'key' | 'split' | 'label' | 'surface' | 'text'>>> {
  const database = await source.database();
  const from = await sentencesTable(source, database, dataset);
  const rows = ids.length
    ? await database.query<Pick<SentenceHit, 'id' | 'key' | 'split' | 'label' | 'surface' | 'text'>>(
        `SELECT sentence_id AS id, key, split, label, surface, text FROM ${from} WHERE sentence_id IN (${ids.map(() => '?').join(', ')})`,
        ids,
        signal,
      )
    : [];
  return new Map(rows.map((row) => [row.id, { ...row, surface: [...row.surface] }]));
}

/** Throws with the engine's reason where it cannot read the expression. */
async function checkExpression(source: Source, pattern: string, signal?: AbortSignal): Promise<void> {
  const database = await source.database();
  try {
    await database.query("SELECT regexp_matches('', ?, 'i') AS ok", [pattern], signal);
  } catch (error) {
    if (!(error instanceof DataProblem)) throw error;
    const reason = error.what.replace(/^The search failed: /, '');
    throw new DataProblem(
      `The expression cannot be read: ${reason}`,
      pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern,
      'Close every bracket, and write \\( for a bracket that is text. The engine knows no look-ahead, look-behind or back-reference.',
    );
  }
}
