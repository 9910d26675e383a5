import type { Signal } from './signal';
import type { Source } from './source';
import type { DatasetEntry, ModelEntry, Sentence, SentenceSteps, StateEntry, StateSequence } from './types';

/** A sentence with everything that the model did along it; swapped as one, so that its parts always fit. */
export interface Passage {
  sentence: Sentence;
  steps: SentenceSteps | null;
  /** Null also where it is neither published nor worked out here. */
  sequence: StateSequence | null;
  /** What the model was fed, where that is no words and was published. */
  signal?: Signal | null;
}

/** After so many ms what is published is shown without what is still worked out here. */
const SOON = 150;

/** The passage of a sentence key, its pushes for the class `chosen` of several, and what went wrong with a part of it; null where no sentence has the key. Hears `early` what is published where the rest takes long. */
export async function loadPassage(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  state: StateEntry,
  key: string,
  chosen: number | null = null,
  early: (passage: Passage) => void = () => undefined,
): Promise<{ passage: Passage; broken: { error: unknown } | null } | null> {
  const sentence = await source.sentenceByKey(dataset, key);
  if (!sentence) return null;
  const published = source.publishedStates(state, sentence.id);
  const known = published.then((states) => states ?? source.workOut(state, sentence.id));
  const there = Promise.allSettled([
    source.steps(model, sentence.id, model.states.indexOf(state), chosen),
    published,
    dataset.tables['frames'] ? import('./signal').then((of) => of.loadSignal(source, dataset, sentence.id)) : null,
  ]);
  const passage = ([steps, sequence, signal]: Awaited<typeof there>): Passage => ({
    sentence,
    steps: steps.status === 'fulfilled' ? steps.value : null,
    sequence: sequence.status === 'fulfilled' ? sequence.value : null,
    signal: signal.status === 'fulfilled' ? signal.value : null,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  void there.then((all) => (timer = setTimeout(() => early(passage(all)), SOON)));
  const [[steps, , signal], [sequence]] = await Promise.all([there, Promise.allSettled([known])]);
  clearTimeout(timer);
  const failed = [steps, sequence, signal].find((result) => result.status === 'rejected');
  return {
    passage: passage([steps, sequence, signal]),
    broken: failed ? { error: failed.reason as unknown } : null,
  };
}

/** The step of `other` that reads the same word as `step` of `sentence`: the same occurrence, else the last one. */
export function sameWord(sentence: Sentence, step: number, other: Sentence): number | null {
  const word = sentence.tokens[step]!;
  const nth = sentence.tokens.subarray(0, step).filter((token) => token === word).length;
  const found = Array.from(other.tokens.keys()).filter((i) => other.tokens[i] === word);
  return found[nth] ?? found[found.length - 1] ?? null;
}
