/** Which words, chips and units made an answer, in words and numbers. */

import type { Clustering, Sentence, SentenceSteps } from '../data/types';
import { groups } from '../model/groups';
import { strongest } from '../model/push';
import { sum } from '../model/scale';
import { pushed, type AnswerWords } from './answer';

export interface Why {
  name: string;
  value: number;
  about: string;
  /** Whether the name comes from the text. */
  corpus: boolean;
  /** Number of the step, the cluster or the unit. */
  of: number;
}

const MOST = 3;

/** The words that pushed most. */
export function wordWhys({ surface }: Sentence, { push }: SentenceSteps, said: AnswerWords): Why[] {
  return strongest(push ?? [], MOST).map((step) => ({
    name: surface[step] ?? '',
    value: push![step]!,
    about: `“${surface[step] ?? ''}”, word ${step + 1}, pushed ${pushed(push![step]!, said)}`,
    corpus: true,
    of: step,
  }));
}

/** The chips that pushed most over the whole sentence: each the sum of its units' pushes. */
export function chipWhys({ units }: Clustering, byUnit: ArrayLike<number>, said: AnswerWords): Why[] {
  const all = groups(units).map(({ cluster, number, members }) => ({
    cluster,
    number,
    units: members.length,
    value: sum(
      byUnit,
      members.map((member) => units.ids[member]!),
    ),
  }));
  return strongest(
    all.map(({ value }) => value),
    MOST,
  ).map((i) => {
    const { cluster, number, units: size, value } = all[i]!;
    return {
      name: String(number),
      value,
      about: `Chip ${number}, ${size} ${size === 1 ? 'unit' : 'units'}, pushed ${pushed(value, said)} over the whole sentence`,
      corpus: false,
      of: cluster,
    };
  });
}

/** The units that pushed most over the whole sentence. */
export function unitWhys(byUnit: ArrayLike<number>, said: AnswerWords): Why[] {
  return strongest(byUnit, MOST).map((unit) => ({
    name: String(unit),
    value: byUnit[unit]!,
    about: `Unit ${unit} pushed ${pushed(byUnit[unit]!, said)} over the whole sentence`,
    corpus: false,
    of: unit,
  }));
}
