import type { Spoken } from '../../data/measured';
import type { UnitPairsRow } from '../../data/schema';
import { rankUnitWords, type UnitWordOrder } from '../../data/queries';
import type { Source } from '../../data/source';
import type { DatasetEntry, Sentence, StateEntry, UnitContext, UnitRow, Vocabulary } from '../../data/types';
import type { WordBox } from './boxRows';
import { spacedTokens, windowAround, type SpacedToken } from '../../model/spacing';

export const WORDS_EACH = 9;
/** Letters of a sentence that are shown before and after the word: about two lines. */
const BEFORE = 48;
const AFTER = 38;

export interface ContextToken extends SpacedToken {
  /** State of the unit after this token; null where the states of the sentence are not known. */
  value: number | null;
}

export interface ContextRow {
  context: UnitContext;
  sentence: Sentence;
  tokens: ContextToken[];
  cutBefore: boolean;
  cutAfter: boolean;
  /** Why the model in the page did not come to the states that are not published. */
  failed: unknown;
}

/** The words that move a unit most, each from the strongest. */
export interface UnitWords {
  unit: number;
  rising: WordBox[];
  falling: WordBox[];
}

/** Next words that a high value of a unit makes likelier and unlikelier, strongest first. */
export interface NextWords {
  raises: string[];
  lowers: string[];
}

/** A word after a certain other one, and what the unit does there and at all uses of the word. */
export interface WordPair {
  /** Null where the word is the first that is read. */
  before: string | null;
  word: string;
  uses: number;
  mean: number;
  alone: number;
}

export function wordPairs(rows: readonly UnitPairsRow[], { text }: Vocabulary): WordPair[] {
  return rows.map(({ before_id, word_id, count, mean, alone }) => ({
    before: typeof before_id === 'number' ? (text[before_id] ?? '') : null,
    word: text[word_id] ?? '',
    uses: Number(count),
    mean,
    alone,
  }));
}

export function nextWords({ raises, lowers }: Spoken, { text }: Vocabulary): NextWords {
  const of = (ids: Int32Array): string[] => Array.from(ids, (id) => text[id] ?? '');
  return { raises: of(raises), lowers: of(lowers) };
}

/** By the size of the change the pipeline has ranked them; any other order is a query. */
export async function unitWords(
  source: Source,
  state: StateEntry,
  vocabulary: Vocabulary,
  row: UnitRow,
  order: UnitWordOrder,
): Promise<UnitWords> {
  const room = WORDS_EACH + vocabulary.special.filter(Boolean).length;
  const { up, down } =
    order === 'change'
      ? { up: [...row.topWords], down: [...row.bottomWords] }
      : await rankUnitWords(source, state, row.unit, order, room);
  const [rising, falling] = await Promise.all([
    wordBoxes(source, state, vocabulary, row.unit, up, 1),
    wordBoxes(source, state, vocabulary, row.unit, down, -1),
  ]);
  return { unit: row.unit, rising, falling };
}

/** Where a unit is highest and lowest; `total` counts the published contexts of each, loaded or not. */
export interface UnitContexts {
  unit: number;
  highest: ContextRow[];
  lowest: ContextRow[];
  total: { highest: number; lowest: number };
}

/** The contexts of a unit up to a rank: a few are read at once, the others when those are on the screen. */
export async function unitContexts(
  source: Source,
  dataset: DatasetEntry,
  state: StateEntry,
  unit: number,
  ranks: number,
): Promise<UnitContexts> {
  const contexts = await source.contexts(state, unit);
  const of = (sign: 1 | -1): UnitContext[] =>
    contexts.filter((context) => context.sign === sign).sort((a, b) => a.rank - b.rank);
  const load = async (list: readonly UnitContext[]): Promise<ContextRow[]> => {
    const rows = await Promise.all(list.slice(0, ranks).map((context) => contextRow(source, dataset, state, context)));
    return rows.filter((row) => row !== null);
  };
  const [highest, lowest] = [of(1), of(-1)];
  const [high, low] = await Promise.all([load(highest), load(lowest)]);
  return { unit, highest: high, lowest: low, total: { highest: highest.length, lowest: lowest.length } };
}

async function wordBoxes(
  source: Source,
  state: StateEntry,
  vocabulary: Vocabulary,
  unit: number,
  words: readonly number[],
  sign: 1 | -1,
): Promise<WordBox[]> {
  const boxes = await Promise.all(
    words.map(async (wordId): Promise<WordBox | null> => {
      if (vocabulary.special[wordId]) return null;
      const [response, q] = await Promise.all([source.response(state, wordId), source.quantiles(state, wordId)]);
      if (!response) return null;
      return {
        wordId,
        text: vocabulary.text[wordId] ?? '',
        uses: response.count,
        mean: response.mean[unit]!,
        standardError: response.standardError?.[unit] ?? null,
        quantiles: q && [q.q09[unit]!, q.q25[unit]!, q.q50[unit]!, q.q75[unit]!, q.q91[unit]!],
      };
    }),
  );
  return boxes
    .filter((box) => box !== null)
    .filter((box) => box.mean * sign > 0)
    .slice(0, WORDS_EACH);
}

async function contextRow(
  source: Source,
  dataset: DatasetEntry,
  state: StateEntry,
  context: UnitContext,
): Promise<ContextRow | null> {
  let failed: unknown = null;
  const [sentence, states] = await Promise.all([
    source.sentence(dataset, context.sentenceId),
    source.states(state, context.sentenceId).catch((error: unknown) => ((failed = error), null)),
  ]);
  if (context.step < 0 || context.step >= sentence.surface.length) return null;
  const spaced = spacedTokens(sentence.surface, sentence.text);
  const { tokens, cutBefore, cutAfter } = windowAround(spaced, context.step, BEFORE, AFTER);
  const value = (step: number): number | null => states?.values[step * states.units + context.unit] ?? null;
  return {
    context,
    sentence,
    tokens: tokens.map((token) => ({ ...token, value: value(token.step) })),
    cutBefore,
    cutAfter,
    failed,
  };
}
