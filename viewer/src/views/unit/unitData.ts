import type { Source } from '../../data/source';
import type { DatasetEntry, Sentence, StateEntry, UnitContext, UnitRow, Vocabulary } from '../../data/types';
import type { WordBox } from './boxRows';
import { spacedTokens, windowAround, type SpacedToken } from './spacing';

export const WORDS_EACH = 9;
/** Letters of a sentence that are shown before and after the word: about two lines. */
const BEFORE = 48;
const AFTER = 38;

export interface ContextToken extends SpacedToken {
  /** State of the unit after this token; null where the states of the sentence are not published. */
  value: number | null;
}

export interface ContextRow {
  context: UnitContext;
  sentence: Sentence;
  tokens: ContextToken[];
  cutBefore: boolean;
  cutAfter: boolean;
}

/** What the page shows of one unit beside the measures of all units. */
export interface UnitData {
  row: UnitRow;
  rising: WordBox[];
  falling: WordBox[];
  highest: ContextRow[];
  lowest: ContextRow[];
}

export async function unitData(
  source: Source,
  dataset: DatasetEntry,
  state: StateEntry,
  vocabulary: Vocabulary,
  row: UnitRow,
): Promise<UnitData> {
  const [rising, falling, contexts] = await Promise.all([
    wordBoxes(source, state, vocabulary, row.unit, row.topWords, 1),
    wordBoxes(source, state, vocabulary, row.unit, row.bottomWords, -1),
    source.contexts(state, row.unit),
  ]);
  const rows = await Promise.all(contexts.map((context) => contextRow(source, dataset, state, context)));
  const ranked = (sign: 1 | -1): ContextRow[] =>
    rows.filter(({ context }) => context.sign === sign).sort((a, b) => a.context.rank - b.context.rank);
  return { row, rising, falling, highest: ranked(1), lowest: ranked(-1) };
}

async function wordBoxes(
  source: Source,
  state: StateEntry,
  vocabulary: Vocabulary,
  unit: number,
  words: Int32Array,
  sign: 1 | -1,
): Promise<WordBox[]> {
  const boxes = await Promise.all(
    Array.from(words, async (wordId): Promise<WordBox | null> => {
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
): Promise<ContextRow> {
  const [sentence, states] = await Promise.all([
    source.sentence(dataset, context.sentenceId),
    source.states(state, context.sentenceId),
  ]);
  const spaced = spacedTokens(sentence.surface, sentence.text);
  const { tokens, cutBefore, cutAfter } = windowAround(spaced, context.step, BEFORE, AFTER);
  const value = (step: number): number | null => states?.values[step * states.units + context.unit] ?? null;
  return { context, sentence, tokens: tokens.map((token) => ({ ...token, value: value(token.step) })), cutBefore, cutAfter };
}

/** “Rises at n't, not and never.” as the words of its parts. */
export function summaryWords(words: readonly WordBox[], most = 3): string[] {
  return words.slice(0, most).map((word) => word.text);
}
