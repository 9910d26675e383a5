import { floats } from './decode';
import type { AnswerMemoryRow } from './schema';
import type { Source } from './source';
import type { ModelEntry } from './types';

/** A score after one step, taken apart: `part` of each word, and the `rest` that no word is in, sum to `answer`. */
export interface AnswerParts {
  step: number;
  part: Float32Array;
  rest: number;
  answer: number;
}

/** What of each word is in the answer, after every step of a sentence where that is known. */
export interface AnswerMemory {
  steps: ReadonlyMap<number, AnswerParts>;
  /** The last step that is known: that of the answer itself. */
  last: number;
  /** The largest part of any word at any step, in size: what the widest arc stands for. */
  largest: number;
}

export const MEMORY_COLUMNS = ['step', 'class', 'answer', 'rest', 'part'] as const;
type Columns = Pick<AnswerMemoryRow, (typeof MEMORY_COLUMNS)[number]>;

/** Of several scores a step, that of the class `followed`; of one score a step that one. Null without a row. */
export function decodeAnswerMemory(rows: readonly Columns[], followed: number | null): AnswerMemory | null {
  const several = rows.some((row, i) => i > 0 && row.step === rows[i - 1]!.step);
  const chosen = several ? rows.filter((row) => row.class === followed) : rows;
  if (!chosen.length) return null;
  const steps = new Map(
    chosen.map(({ step, answer, rest, part }) => [step, { step, answer, rest, part: floats(part) }]),
  );
  let largest = 0;
  for (const { part } of steps.values()) for (const value of part) largest = Math.max(largest, Math.abs(value));
  return { steps, last: Math.max(...steps.keys()), largest };
}

/** What of each word is in the answers along a sentence; null where it was not published. */
export async function loadAnswerMemory(
  source: Source,
  model: ModelEntry,
  sentence: number,
  followed: number | null,
): Promise<AnswerMemory | null> {
  const rows = await source.table(model, 'answer_memory')?.where({ sentence_id: sentence }, MEMORY_COLUMNS);
  return rows?.length ? decodeAnswerMemory(rows, followed) : null;
}

/** How far a figure of words agrees with leaving the word out: a correlation and its 95 % interval. */
export interface Agreement {
  value: number;
  low: number | null;
  high: number | null;
  about: string;
}

/** Of the parts of the answer, and of the pushes beside them; null where it was not measured. */
export async function loadAgreement(
  source: Source,
  model: ModelEntry,
): Promise<{ parts: Agreement; pushes: Agreement | null } | null> {
  const rows = (await source.metrics(model)).filter(({ measure }) => measure === 'agreement with leaving words out');
  const of = (subject: string): Agreement | null => {
    const row = rows.find((one) => one.subject === subject);
    return row ? { value: row.value, low: row.low ?? null, high: row.high ?? null, about: row.about } : null;
  };
  const parts = of('parts of the answer');
  return parts && { parts, pushes: of('pushes') };
}
