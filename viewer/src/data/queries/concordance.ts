import type { Value } from '../database';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry, StateEntry } from '../types';
import { foldedSql as folded } from '../folding';
import { memoryAt, sentencesTable, stepsTable, tokensTable } from './corpus';

export const CONCORDANCE_ORDERS = [
  'corpus',
  'left',
  'right',
  'surprise',
  'loss',
  'rising',
  'falling',
  'kept',
  'change',
] as const;
export type ConcordanceOrder = (typeof CONCORDANCE_ORDERS)[number];

export interface ConcordanceSearch {
  /** The words of the phrase, as the corpus cuts them. */
  words: readonly string[];
  order: ConcordanceOrder;
  /** Null for all. */
  limit: number | null;
  offset: number;
  /** The state whose memory is measured at each hit; null for none. */
  memory?: StateEntry | null;
}

/** One place where the phrase stands: steps `step` to `step + length − 1`; its numbers are those of the last of them. */
export interface ConcordanceHit {
  id: number;
  key: string;
  split: string;
  label: number | null;
  step: number;
  surface: string[];
  push: number | null;
  loss: number | null;
  surprise: number | null;
  /** Share of the memory kept at the step, and the Euclidean norm of its change; null where not asked for or not published. */
  kept: number | null;
  change: number | null;
}

export interface Concordance {
  total: number;
  sentences: number;
  hits: ConcordanceHit[];
}

const ORDERS: Record<ConcordanceOrder, string> = {
  corpus: 'h.sentence_id, h.step',
  left: 'before NULLS FIRST, h.sentence_id, h.step',
  right: 'after NULLS FIRST, h.sentence_id, h.step',
  surprise: 'm.surprise DESC NULLS LAST, h.sentence_id, h.step',
  loss: 'm.loss DESC NULLS LAST, h.sentence_id, h.step',
  rising: 'm.push DESC NULLS LAST, h.sentence_id, h.step',
  falling: 'm.push NULLS LAST, h.sentence_id, h.step',
  kept: 'kept NULLS LAST, h.sentence_id, h.step',
  change: 'change DESC NULLS LAST, h.sentence_id, h.step',
};

/**
 * A phrase cut into words as the corpus cuts them: at spaces, and where a piece is no known word, at the fewest
 * places that leave only known words. What cannot be cut so stays whole.
 */
export function phraseWords(phrase: string, known: ReadonlySet<string>): string[] {
  return phrase
    .trim()
    .toLowerCase()
    .split(/\s+/u)
    .filter(Boolean)
    .flatMap((piece) => cut(piece, known) ?? [piece]);
}

const LONGEST_PIECE = 60;

function cut(piece: string, known: ReadonlySet<string>): string[] | null {
  if (known.has(piece) || piece.length > LONGEST_PIECE) return [piece];
  const best: (string[] | null)[] = [[]];
  for (let end = 1; end <= piece.length; end++) {
    best[end] = null;
    for (let start = 0; start < end; start++) {
      const before = best[start];
      if (!before || !known.has(piece.slice(start, end))) continue;
      if (best[end] === null || before.length + 1 < best[end]!.length) best[end] = [...before, piece.slice(start, end)];
    }
  }
  return best[piece.length] ?? null;
}

/** Every place of the corpus where the words stand in a row. */
export async function findPhrase(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  stateIndex: number,
  search: ConcordanceSearch,
  signal?: AbortSignal,
): Promise<Concordance> {
  const { words } = search;
  if (!words.length) return { total: 0, sentences: 0, hits: [] };
  const database = await source.database();
  const sentences = await sentencesTable(source, database, dataset);
  const tokens = await tokensTable(source, database, dataset);
  const steps = await stepsTable(source, database, model, stateIndex);
  const joins = words
    .slice(1)
    .map(
      (_, i) =>
        `JOIN ${tokens} t${i + 1} ON t${i + 1}.sentence_id = t0.sentence_id AND t${i + 1}.step = t0.step + ${i + 1} AND t${i + 1}.form = ${folded('?::VARCHAR')}`,
    );
  const found = `SELECT t0.sentence_id, t0.step FROM ${tokens} t0 ${joins.join(' ')} WHERE t0.form = ${folded('?::VARCHAR')}`;
  const values: Value[] = [...words.slice(1), words[0]!];
  const memory = search.memory
    ? await memoryAt(
        source,
        database,
        search.memory,
        `SELECT sentence_id, step + ${words.length - 1} AS step FROM (${found})`,
      )
    : null;
  const [count] = await database.query<{ n: number; m: number }>(
    `SELECT count(*) AS n, count(DISTINCT sentence_id) AS m FROM (${found})`,
    values,
    signal,
  );
  const size = words.length;
  const rows = await database.query<ConcordanceHit>(
    `SELECT h.sentence_id AS id, s.key, s.split, s.label, h.step, s.surface, m.push, m.loss, m.surprise,
       ${memory ? 'k.kept, k.change' : 'NULL::DOUBLE AS kept, NULL::DOUBLE AS change'},
       CASE WHEN h.step > 0 THEN ${folded('s.surface[h.step]')} END AS before,
       CASE WHEN h.step + ${size} < len(s.surface) THEN ${folded(`s.surface[h.step + ${size + 1}]`)} END AS after
     FROM (${found}) h JOIN ${sentences} s USING (sentence_id)
     LEFT JOIN ${steps} m ON m.sentence_id = h.sentence_id AND m.step = h.step + ${size - 1}
     ${memory ? `LEFT JOIN (${memory}) k ON k.sentence_id = h.sentence_id AND k.step = h.step + ${size - 1}` : ''}
     ORDER BY ${ORDERS[search.order]} ${search.limit === null ? '' : 'LIMIT ? OFFSET ?'}`,
    [...values, ...(memory ? values : []), ...(search.limit === null ? [] : [search.limit, search.offset])],
    signal,
  );
  return {
    total: Number(count?.n ?? 0),
    sentences: Number(count?.m ?? 0),
    hits: rows.map(({ id, key, split, label, step, surface, push, loss, surprise, kept, change }) => ({
      id,
      key,
      split,
      label,
      step,
      surface: [...surface],
      push,
      loss,
      surprise,
      kept,
      change,
    })),
  };
}
