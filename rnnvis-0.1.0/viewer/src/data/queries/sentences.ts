import { foldedText } from '../folding';
import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { DatasetEntry, ModelEntry } from '../types';
import { corpusLines, corpusSurfaces, corpusTokens, madeOf, type CorpusLines, type Made } from './corpusLines';
import type { ExpressionAnswer } from './expressionWorker';
import { compiled, expressionHits, phraseIds, standsIn, wholeWords, type Hit, type Match } from './matching';
import {
  expression,
  type SentenceHit,
  type SentenceHits,
  type SentenceOrder,
  type SentenceSearch,
  type Span,
} from './search';

/** Places among the lines that pass, and where an expression was found in them. */
interface Passing {
  places: number[];
  marks: ReadonlyMap<number, Hit[]> | null;
}

/** Sentences of the whole corpus, and how many there are of the kind: plain reads of the published tables. */
export async function searchSentences(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  search: SentenceSearch,
  signal?: AbortSignal,
): Promise<SentenceHits> {
  const lines = await corpusLines(source, dataset);
  const made = await madeOf(source, model, lines);
  const start = performance.now();
  const filtered = passing(lines, made, search);
  const { places, marks } = await withText(source, dataset, lines, filtered, search, signal);
  signal?.throwIfAborted();
  places.sort((a, b) => compare(search.order, lines, made, a, b) || a - b);
  const shown = places.slice(search.offset, search.limit === null ? undefined : search.offset + search.limit);
  performance.measure('rnnvis search', { start });
  return {
    total: places.length,
    hits: shown.map((at): SentenceHit => ({
      id: lines.id[at]!,
      key: lines.key[at]!,
      text: lines.text[at]!,
      split: lines.split[at]!,
      label: lines.label[at] ?? null,
      length: lines.length[at]!,
      predicted: made?.predicted[at] ?? null,
      loss: made?.loss[at] ?? null,
      surprise: made?.surprise[at] ?? null,
      surpriseStep: made?.surpriseStep[at] ?? null,
      marks: marks?.get(at) ?? null,
    })),
  };
}

/** How many sentences each way of reading a text finds. */
export async function countMatches(
  source: Source,
  dataset: DatasetEntry,
  text: string,
): Promise<Record<Match, number>> {
  const lines = await corpusLines(source, dataset);
  const all = [...lines.key.keys()];
  const counted = async (match: Match): Promise<number> =>
    (await withText(source, dataset, lines, all, { text, match })).places.length;
  return { words: await counted('words'), letters: await counted('letters') };
}

function passing(lines: CorpusLines, made: Made | null, search: SentenceSearch): number[] {
  const { label, split, verdict } = search;
  const passes = (at: number): boolean => {
    if (label !== null && lines.label[at] !== label) return false;
    if (split !== null && lines.split[at] !== split) return false;
    if (verdict !== null) {
      const predicted = made?.predicted[at] ?? null;
      if (predicted === null || lines.label[at] === null) return false;
      if ((predicted === lines.label[at]) !== (verdict === 'right')) return false;
    }
    return (
      within(lines.length[at]!, search.length) &&
      within(made?.loss[at] ?? null, search.loss) &&
      within(made?.surprise[at] ?? null, search.surprise)
    );
  };
  return [...lines.key.keys()].filter(passes);
}

async function withText(
  source: Source,
  dataset: DatasetEntry,
  lines: CorpusLines,
  places: number[],
  { text, match = 'letters' }: Pick<SentenceSearch, 'text' | 'match'>,
  signal?: AbortSignal,
): Promise<Passing> {
  const typed = text.trim();
  if (!typed) return { places, marks: null };
  const pattern = expression(typed);
  if (pattern !== null) return byExpression(source, lines, places, pattern, signal);
  const folded = foldedText(typed.replaceAll('\0', ' '));
  if (match === 'letters') return { places: places.filter((at) => lines.folded[at]!.includes(folded)), marks: null };
  const ids = phraseIds(typed, await source.vocabulary(dataset));
  if (ids) {
    const tokens = await corpusTokens(source, dataset);
    return { places: places.filter((at) => standsIn(tokens[at]!, ids)), marks: null };
  }
  const words = wholeWords(folded);
  return { places: words ? places.filter((at) => lines.folded[at]!.search(words) >= 0) : places, marks: null };
}

async function byExpression(
  source: Source,
  lines: CorpusLines,
  places: number[],
  pattern: string,
  signal?: AbortSignal,
): Promise<Passing> {
  const texts = places.map((at) => lines.text[at]!);
  const answer = await found(source, pattern, texts, signal);
  if ('reason' in answer)
    throw new DataProblem(
      `The expression cannot be read: ${answer.reason}`,
      pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern,
      'Close every bracket, and write \\( for a bracket that is text.',
    );
  const marks = new Map(places.flatMap((at, i) => (answer.hits[i] ? [[at, answer.hits[i]] as const] : [])));
  return { places: places.filter((at) => marks.has(at)), marks };
}

/** In a worker, so that no expression stops the page; a page that was saved as one file has none and runs it itself. */
async function found(
  source: Source,
  pattern: string,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<ExpressionAnswer> {
  if (source.queries && typeof Worker === 'function')
    return (await import('./expressionRun')).default({ pattern, texts }, signal);
  try {
    const sound = compiled(pattern, 'g');
    return { hits: texts.map((text) => expressionHits(text, sound)) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Below zero where the sentence at `a` stands before that at `b`; sentences without the number come last. */
function compare(order: SentenceOrder, lines: CorpusLines, made: Made | null, a: number, b: number): number {
  const falling = (values: readonly (number | null)[] | undefined): number => {
    const [x, y] = [values?.[a] ?? null, values?.[b] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return y - x;
  };
  switch (order) {
    case 'corpus':
      return 0;
    case 'loss':
      return falling(made?.loss);
    case 'surprise':
      return falling(made?.surprise);
    case 'longest':
      return lines.length[b]! - lines.length[a]!;
    case 'shortest':
      return lines.length[a]! - lines.length[b]!;
    case 'alphabet':
      return lines.folded[a]! < lines.folded[b]! ? -1 : lines.folded[a]! > lines.folded[b]! ? 1 : 0;
  }
}

function within(value: number | null, span: Span | undefined): boolean {
  const [least, most] = span ?? [null, null];
  if (least === null && most === null) return true;
  return value !== null && (least === null || value >= least) && (most === null || value <= most);
}

/** Sentences by their numbers. */
export async function sentencesById(
  source: Source,
  dataset: DatasetEntry,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<Map<number, Pick<SentenceHit, 'id' | 'key' | 'split' | 'label' | 'text'> & { surface: string[] }>> {
  const [lines, surfaces] = await Promise.all([corpusLines(source, dataset), corpusSurfaces(source, dataset)]);
  signal?.throwIfAborted();
  const wanted = new Set(ids);
  const places = [...lines.key.keys()].filter((at) => wanted.has(lines.id[at]!));
  return new Map(
    places.map((at) => [
      lines.id[at]!,
      {
        id: lines.id[at]!,
        key: lines.key[at]!,
        split: lines.split[at]!,
        label: lines.label[at] ?? null,
        text: lines.text[at]!,
        surface: Array.from(surfaces[at]!),
      },
    ]),
  );
}

/** Words of sentences, by their numbers. */
export async function tokensById(
  source: Source,
  dataset: DatasetEntry,
  ids: readonly number[],
): Promise<Map<number, Int32Array>> {
  const [lines, tokens] = await Promise.all([corpusLines(source, dataset), corpusTokens(source, dataset)]);
  const wanted = new Set(ids);
  const places = [...lines.key.keys()].filter((at) => wanted.has(lines.id[at]!));
  return new Map(places.map((at) => [lines.id[at]!, Int32Array.from(tokens[at]!)]));
}
