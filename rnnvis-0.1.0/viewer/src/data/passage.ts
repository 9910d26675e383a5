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

/** The passage of a sentence key, its pushes for the class `chosen` of several, and what went wrong with a part of it; null where no sentence has the key. */
export async function loadPassage(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  state: StateEntry,
  key: string,
  chosen: number | null = null,
): Promise<{ passage: Passage; broken: { error: unknown } | null } | null> {
  const sentence = await source.sentenceByKey(dataset, key);
  if (!sentence) return null;
  const [steps, sequence, signal] = await Promise.allSettled([
    source.steps(model, sentence.id, model.states.indexOf(state), chosen),
    source.states(state, sentence.id),
    dataset.tables['frames'] ? import('./signal').then((of) => of.loadSignal(source, dataset, sentence.id)) : null,
  ]);
  const failed = [steps, sequence, signal].find((result) => result.status === 'rejected');
  return {
    passage: {
      sentence,
      steps: steps.status === 'fulfilled' ? steps.value : null,
      sequence: sequence.status === 'fulfilled' ? sequence.value : null,
      signal: signal.status === 'fulfilled' ? signal.value : null,
    },
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
