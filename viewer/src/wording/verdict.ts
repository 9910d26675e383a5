/** What a model answered to a sentence, in words. */

import { meansOf } from '../data/answer';
import type { ModelEntry, Sentence, SentenceSteps } from '../data/types';
import { fixed } from './format';

export interface Verdict {
  /** `negative, P 0.93`; `loss 2.41`. */
  text: string;
  /** Null where nobody says what is right. */
  right: boolean | null;
}

/** Last step at which something is known; null where none is. */
function lastKnown(values: ArrayLike<number>): number | null {
  for (let i = values.length - 1; i >= 0; i -= 1) if (!Number.isNaN(values[i])) return values[i]!;
  return null;
}

function likeliest(steps: SentenceSteps): { predicted: number; p: number } | null {
  const { pClass, classes } = steps;
  if (!pClass) return null;
  for (let step = steps.length - 1; step >= 0; step -= 1) {
    const row = pClass.subarray(step * classes, (step + 1) * classes);
    if (row.some((p) => Number.isNaN(p))) continue;
    const p = Math.max(...row);
    return { predicted: row.indexOf(p), p };
  }
  return null;
}

function meanLoss(steps: SentenceSteps): string | null {
  const known = [...(steps.loss ?? [])].filter((loss) => !Number.isNaN(loss));
  if (!known.length) return null;
  return `mean loss ${fixed(known.reduce((sum, loss) => sum + loss, 0) / known.length, 2)}`;
}

/** The answer to the whole sentence; null where none is published. */
export function verdictOf(
  model: Pick<ModelEntry, 'kind' | 'classes' | 'answer'>,
  sentence: Pick<Sentence, 'label'>,
  steps: SentenceSteps | null,
): Verdict | null {
  if (!steps) return null;
  const means = meansOf(model);
  if (means === 'class') {
    const of = likeliest(steps);
    if (!of) return null;
    const name = model.classes[of.predicted] ?? `class ${of.predicted}`;
    return {
      text: `${name}, P ${fixed(of.p, 2)}`,
      right: sentence.label === null ? null : of.predicted === sentence.label,
    };
  }
  if (means === 'number') {
    const value = steps.value && lastKnown(steps.value);
    return value === null ? null : { text: fixed(value, 2), right: null };
  }
  const text = meanLoss(steps);
  return text === null ? null : { text, right: null };
}
