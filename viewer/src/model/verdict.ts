import { meansOf } from '../data/answer';
import type { ModelEntry, Sentence, SentenceSteps } from '../data/types';

/** What a model said of a sentence, and whether that is so. */
export interface Verdict {
  /** The class that is likeliest after the last word, and its probability; null of other answers. */
  answer: string | null;
  sure: number | null;
  /** The label of the sentence; null where it has none. */
  truth: string | null;
  /** Null where either is not known. */
  right: boolean | null;
  /** The number that is the answer, and by how much it is off where that is known. */
  number: { value: number; off: number | null } | null;
  /** Of answers after every word: how many of those that are known were right. */
  tags: { right: number; of: number } | null;
  /** Mean loss per guess of the next word, in nats, and how many guesses. */
  loss: { mean: number; of: number } | null;
}

const NOTHING: Verdict = {
  answer: null,
  sure: null,
  truth: null,
  right: null,
  number: null,
  tags: null,
  loss: null,
};

/** Position of the largest of a step's probabilities; −1 where they are not known. */
function likeliest({ pClass, classes }: SentenceSteps, step: number): number {
  const p = pClass?.subarray(step * classes, (step + 1) * classes) ?? [];
  let best = -1;
  p.forEach((value, i) => {
    if (Number.isFinite(value) && (best < 0 || value > p[best]!)) best = i;
  });
  return best;
}

/** Loss of each word: of a language model that of the guess before it, so that the first has none; NaN where it is not known. */
export function wordLosses(
  model: ModelEntry,
  { loss, length }: Pick<SentenceSteps, 'loss' | 'length'>,
): Float32Array | null {
  if (!loss) return null;
  if (meansOf(model) !== 'next word') return loss;
  return Float32Array.from({ length }, (_, step) => (step > 0 ? loss[step - 1]! : Number.NaN));
}

/** The verdict on a sentence whose labels are called `labels`, its label alone where the model gives no answer to hold it against; null where nothing is known. */
export function verdictOf(
  model: ModelEntry,
  labels: readonly string[],
  sentence: Sentence,
  steps: SentenceSteps | null,
): Verdict | null {
  const means = meansOf(model);
  if (!steps) return null;
  const labelled = sentence.label === null ? null : (labels[sentence.label] ?? null);
  if (means === null) return labelled === null ? null : { ...NOTHING, truth: labelled };
  /** The last step of which it is known. */
  const lastOf = (known: (step: number) => boolean): number => {
    let step = steps.length - 1;
    while (step > 0 && !known(step)) step -= 1;
    return step;
  };
  if (means === 'number') {
    const last = lastOf((step) => Number.isFinite(steps.value?.[step]));
    const value = steps.value?.[last] ?? Number.NaN;
    const squared = steps.loss?.[last] ?? Number.NaN;
    const off = Number.isFinite(squared) ? Math.sqrt(squared) : null;
    return Number.isFinite(value) ? { ...NOTHING, number: { value, off } } : null;
  }
  if (means === 'next word') {
    const known = [...(steps.loss ?? [])].filter(Number.isFinite);
    if (!known.length) return labelled === null ? null : { ...NOTHING, truth: labelled };
    return {
      ...NOTHING,
      truth: labelled,
      loss: { mean: known.reduce((sum, one) => sum + one, 0) / known.length, of: known.length },
    };
  }
  if (means === 'tag') {
    const target = [...(steps.target ?? [])];
    const of = target.filter((tag, step) => tag >= 0 && likeliest(steps, step) >= 0).length;
    const right = target.filter((tag, step) => tag >= 0 && likeliest(steps, step) === tag).length;
    return { ...NOTHING, tags: of ? { right, of } : null };
  }
  const last = lastOf((step) => likeliest(steps, step) >= 0);
  const answer = likeliest(steps, last);
  const target = steps.target?.[last] ?? -1;
  const truth = target >= 0 ? (model.classes[target] ?? null) : labelled;
  const said = answer < 0 ? null : (model.classes[answer] ?? null);
  return {
    ...NOTHING,
    answer: said,
    sure: answer < 0 ? null : steps.pClass![last * steps.classes + answer]!,
    truth,
    right: said === null || truth === null || !model.classes.includes(truth) ? null : said === truth,
  };
}
