import type { AnswerMemory, AnswerParts } from '../data/answerMemory';

/** The answer that is taken apart at this moment: that after the pinned step, else the last one that is known. */
export function shownParts(memory: AnswerMemory | null, pinned: number | null): AnswerParts | null {
  if (!memory) return null;
  return memory.steps.get(pinned ?? memory.last) ?? null;
}

/** Place of a word among all by the size of its part, from 1 for the largest. */
export function placeOf(part: Float32Array, word: number): number {
  const own = Math.abs(part[word]!);
  return 1 + part.filter((other) => Math.abs(other) > own).length;
}

/**
 * The same for a sentence that was run here: `states`, those `before` each step, the share `kept` by the gate and the
 * factor `opened` by which the answer reads the gated state, all row-major [steps × units]; `weights` [units] of the head
 * and its `bias`. As `answer_parts` of the pipeline: Σ v ⊙ a_t · (Π k) ⊙ (s_i − k_i ⊙ s_{i−1}).
 */
export function answerParts(
  { states, before, kept, opened }: Record<'states' | 'before' | 'kept' | 'opened', ArrayLike<number>>,
  weights: ArrayLike<number>,
  bias: number,
): AnswerMemory {
  const units = weights.length;
  const count = states.length / units;
  const left = new Float64Array(count * units);
  const start = Float64Array.from({ length: units }, (_, u) => before[u]!);
  const steps = new Map<number, AnswerParts>();
  let largest = 0;
  for (let t = 0; t < count; t++) {
    const part = new Float32Array(t + 1);
    let [rest, answer] = [bias, bias];
    for (let u = 0; u < units; u++) {
      const at = t * units + u;
      const read = weights[u]! * opened[at]!;
      start[u]! *= kept[at]!;
      rest += read * start[u]!;
      answer += read * states[at]!;
      left[at] = states[at]! - kept[at]! * before[at]!;
    }
    for (let i = 0; i <= t; i++) {
      let sum = 0;
      for (let u = 0; u < units; u++) {
        const at = t * units + u;
        if (i < t) left[i * units + u]! *= kept[at]!;
        sum += weights[u]! * opened[at]! * left[i * units + u]!;
      }
      part[i] = sum;
      largest = Math.max(largest, Math.abs(sum));
    }
    steps.set(t, { step: t, part, rest, answer });
  }
  return { steps, last: count - 1, largest };
}
