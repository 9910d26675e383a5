/** An answer taken apart into words × chips, and how much of what each word wrote is left in the memory. */

import type { Clustering, SentenceSteps, StateSequence } from '../../data/types';
import type { Ask, Held, Progress, StepModel } from '../../infer/types';
import { answerParts } from '../../model/answerMemory';
import type { Gated } from '../../model/gated';
import { groups, unitClusters, unitLabels, type Group } from '../../model/groups';
import { chipPushes, pushSum } from '../../model/push';
import { unitsOf } from '../../model/switched';

export interface Parts {
  /**
   * 'weights': what each word pushed the score by through each chip; with what stood before the first word they add up to
   * the score. 'off': by how much the score is higher than where the chip takes in nothing at that word.
   */
  by: 'weights' | 'off';
  /** Numbers of the chips: a column each. */
  chips: readonly number[];
  /** Row-major [words × chips]. */
  values: Float64Array;
  /** Of each word: what went through no chip of the state. Null where there is no such thing. */
  others: Float64Array | null;
  /** Of each word: its whole push; or the same with nothing taken in by any chip. */
  whole: Float64Array;
  /** The score before the first word, and after the last; null where the parts do not add up. */
  sum: { before: number; after: number } | null;
}

/** The chips that have units, from top to bottom. */
export function chipsOf(clustering: Clustering): Group[] {
  return groups(clustering.units).filter(({ members }) => members.length);
}

/** Below this, in the score, what is left over is rounding: weights are float32, and of a model in the page perhaps float16. */
const ROUNDING = 2e-3;

/** Exact of a linear head: weight · change, summed over the units of each chip; null where no push is known. */
export function byWeights(
  steps: SentenceSteps,
  sequence: StateSequence,
  weights: Float32Array,
  clustering: Clustering,
): Parts | null {
  const sum = pushSum(steps);
  if (!sum || !steps.push) return null;
  const chips = chipsOf(clustering);
  const clusters = unitClusters(clustering);
  const by = chipPushes(sequence, weights, unitLabels(clustering, sequence.units), clusters);
  const values = new Float64Array(sequence.length * chips.length);
  const whole = Float64Array.from(steps.push);
  const others = Float64Array.from(whole, (push, word) => {
    let left = push;
    chips.forEach(({ cluster }, i) => {
      const value = by[word * clusters + cluster]!;
      values[word * chips.length + i] = value;
      left -= value;
    });
    return left;
  });
  return {
    by: 'weights',
    chips: chips.map(({ number }) => number),
    values,
    others: others.some((left) => Math.abs(left) > ROUNDING) ? others : null,
    whole,
    sum: { before: sum.before, after: sum.after },
  };
}

/** Holds that are tried in one request: a chip that keeps what it was, at one word. */
const TRIED = 2000;

/** For any model: each chip in turn is frozen at each of the first `words` words, and the score compared. */
export async function bySwitchingOff(
  ask: Ask,
  words: number,
  model: Pick<StepModel, 'without'>,
  clustering: Clustering,
  signal?: AbortSignal,
  progress?: Progress,
): Promise<Parts> {
  const chips = chipsOf(clustering);
  const frozen = (units: readonly number[], word: number): Held[] => [
    { state: ask.state, units, value: 'previous', first: word, last: word },
  ];
  const units = chips.map((chip) => unitsOf(chip, clustering));
  const all = units.flat().sort((a, b) => a - b);
  const tried = Array.from({ length: words }, (_, word) => [...units, all].map((of) => frozen(of, word))).flat();
  const scores: number[] = [];
  for (let from = 0; from < tried.length; from += TRIED) {
    const found = await model.without(
      ask,
      [...(from ? [] : [[]]), ...tried.slice(from, from + TRIED)],
      (done) => progress?.(Math.min(tried.length, from + done), tried.length),
      signal,
    );
    scores.push(...found);
  }
  const [score, ...rest] = scores;
  const width = chips.length + 1;
  const of = (word: number, column: number): number => score! - rest[word * width + column]!;
  return {
    by: 'off',
    chips: chips.map(({ number }) => number),
    values: Float64Array.from({ length: words * chips.length }, (_, i) =>
      of(Math.floor(i / chips.length), i % chips.length),
    ),
    others: null,
    whole: Float64Array.from({ length: words }, (_, word) => of(word, chips.length)),
    sum: null,
  };
}

/**
 * Of what each of the first `words` words wrote into the state, the share that the gates left after the last of them, in
 * size: Σ |(Π k) ⊙ w| ÷ Σ |w|. Null of states that read backwards.
 */
export function leftOfWords({ states, before, kept, units, reversed }: Gated, words: number): Float64Array | null {
  if (reversed) return null;
  const share = new Float64Array(words);
  const through = new Float64Array(units).fill(1);
  for (let word = words - 1; word >= 0; word--) {
    let [wrote, left] = [0, 0];
    for (let u = 0; u < units; u++) {
      const at = word * units + u;
      const written = Math.abs(states[at]! - kept[at]! * before[at]!);
      wrote += written;
      left += through[u]! * written;
      through[u]! *= kept[at]!;
    }
    share[word] = wrote ? left / wrote : Number.NaN;
  }
  return share;
}

/** What of each word is in the score at the end, of a linear head that reads the state by these weights. */
export function inAnswer(gated: Gated, weights: Float32Array): Float32Array | null {
  if (gated.reversed || weights.length !== gated.units) return null;
  const memory = answerParts(gated, weights, 0);
  return memory.steps.get(memory.last)?.part ?? null;
}
