import { followedClass, scoreOf } from './answer';
import { isMade } from './made';
import { sameWord, type Passage } from './passage';
import type { Source } from './source';
import type {
  DatasetEntry,
  ModelEntry,
  Quantiles,
  Sentence,
  SentenceSteps,
  StateEntry,
  Vocabulary,
  WordEffect,
  WordResponse,
} from './types';

/** What is known of a word: its expected response, quantiles where it is frequent, its push where there is a verdict. */
export interface WordEvidence {
  response: WordResponse | null;
  quantiles: Quantiles | null;
  effect: WordEffect | null;
}

/** The state whose words have effects on the verdict: the one that the classifier's head reads. */
export function headState(model: ModelEntry): StateEntry | null {
  return model.states.find((state) => state.read_by_head && state.tables['word_effects']) ?? null;
}

export async function wordEvidence(
  source: Source,
  model: ModelEntry,
  state: StateEntry,
  wordId: number,
  chosen: number | null = null,
): Promise<WordEvidence> {
  const head = headState(model);
  const [response, quantiles, effect] = await Promise.all([
    source.response(state, wordId),
    source.quantiles(state, wordId),
    head ? source.effect(head, wordId, scoreOf(model, followedClass(model, chosen))) : null,
  ]);
  return { response, quantiles, effect };
}

/** Key of the probe sentence that says the same in the other order; null where there is none. */
export function reversedProbe(probes: Record<string, string>, key: string): string | null {
  const name = Object.keys(probes).find((candidate) => probes[candidate] === key);
  if (name === undefined) return null;
  const other = name.endsWith('-reversed') ? name.slice(0, -'-reversed'.length) : `${name}-reversed`;
  return probes[other] ?? null;
}

/** Push on the log-odds of the same word in the reversed sentence; null where there is no such thing. */
export async function reversedPush(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  sentence: Sentence,
  step: number,
  chosen: number | null = null,
): Promise<number | null> {
  const key = reversedProbe(dataset.probes, sentence.key);
  const other = key === null ? null : await source.sentenceByKey(dataset, key);
  const at = other && sameWord(sentence, step, other);
  if (!other || at === null) return null;
  const steps = await source.steps(model, other.id, 0, chosen);
  const push = steps?.push?.[at] ?? Number.NaN;
  return Number.isFinite(push) ? push : null;
}

/** All that the panel says of one step, swapped as a whole so that its parts always fit. */
export interface PinnedEvidence extends WordEvidence, Passage {
  step: number;
  /** Of a sentence that was made here: how far the measured uses of its word lie from its response; see `Source.useDistances`. */
  distances: Float32Array | null;
  reversed: number | null;
}

export async function pinnedEvidence(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  state: StateEntry,
  passage: Passage,
  step: number,
  chosen: number | null = null,
): Promise<PinnedEvidence> {
  const [word, reversed, distances] = await Promise.all([
    wordEvidence(source, model, state, passage.sentence.tokens[step]!, chosen),
    reversedPush(source, dataset, model, passage.sentence, step, chosen),
    isMade(passage.sentence.key) ? source.useDistances(state, passage.sentence.tokens[step]!) : null,
  ]);
  return { ...word, ...passage, step, reversed, distances };
}

/** A selected word; `wordId` is null where the vocabulary does not hold it. */
export interface ComparedWord extends WordEvidence {
  text: string;
  wordId: number | null;
}

export async function comparedWords(
  source: Source,
  model: ModelEntry,
  state: StateEntry,
  vocabulary: Vocabulary,
  words: readonly string[],
  chosen: number | null = null,
): Promise<ComparedWord[]> {
  return Promise.all(
    words.map(async (text) => {
      const wordId = vocabulary.id.get(text) ?? null;
      if (wordId === null) return { text, wordId, response: null, quantiles: null, effect: null };
      return { text, wordId, ...(await wordEvidence(source, model, state, wordId, chosen)) };
    }),
  );
}

/** Probability of the class that the page follows before and after a step; null where unknown. */
export function verdict(steps: SentenceSteps | null, step: number): { before: number | null; after: number } | null {
  if (!steps?.pClass || steps.classes < 2) return null;
  const at = (i: number): number => steps.pClass![i * steps.classes + steps.followed]!;
  if (Number.isNaN(at(step))) return null;
  return { before: step > 0 && !Number.isNaN(at(step - 1)) ? at(step - 1) : null, after: at(step) };
}

/** The number that is the answer before and after a step; null of models with other answers. */
export function numberAt(steps: SentenceSteps | null, step: number): { before: number | null; after: number } | null {
  const after = steps?.value?.[step] ?? Number.NaN;
  if (Number.isNaN(after)) return null;
  const before = step > 0 ? steps!.value![step - 1]! : Number.NaN;
  return { before: Number.isNaN(before) ? null : before, after };
}

/** The likeliest class of a step that has an answer of its own, and which was right, −1 where that is not known. */
export function tagAt(
  steps: SentenceSteps | null,
  step: number,
): { likeliest: number; p: number; right: number; pRight: number | null } | null {
  if (!steps?.pClass) return null;
  const p = steps.pClass.subarray(step * steps.classes, (step + 1) * steps.classes);
  const likeliest = p.reduce((best, value, tag) => (value > p[best]! ? tag : best), 0);
  const right = steps.target?.[step] ?? -1;
  if (Number.isNaN(p[likeliest]!)) return null;
  return { likeliest, p: p[likeliest]!, right, pRight: right < 0 ? null : p[right]! };
}

/** The word that came after the step and the probability it was given; null at the end of the text. */
export function cameNext({ sentence, steps, step }: Passage & { step: number }): { text: string; p: number } | null {
  const p = steps?.next?.p[step] ?? Number.NaN;
  return Number.isNaN(p) ? null : { text: sentence.surface[step + 1] ?? 'the next sentence', p };
}
