import { meansOf } from '../../data/answer';
import { answersOf, type Answers } from '../../data/answers';
import type { ModelEntry } from '../../data/types';
import type { Explorer } from '../../state/explorer.svelte';
import { fixed, percent } from '../../wording/format';

export interface RowAnswer {
  /** `negative 93 %`, or the number that is the answer. */
  text: string;
  /** Null where it is not known. */
  right: boolean | null;
}

export type RowAnswers = (sentence: { id: number; label: number | null }) => RowAnswer | null;

/** What a model answered to a sentence of a list; null where that was not published. */
export function rowAnswer(
  model: ModelEntry,
  answers: Answers,
  { id, label }: { id: number; label: number | null },
): RowAnswer | null {
  const row = answers.row.get(id);
  if (row === undefined) return null;
  if (meansOf(model) === 'number') {
    const value = answers.value[row]!;
    return Number.isNaN(value) ? null : { text: fixed(value), right: null };
  }
  const predicted = answers.predicted[row]!;
  const name = model.classes[predicted];
  if (name === undefined) return null;
  const sure = answers.probabilities[row * answers.classes + predicted]!;
  return {
    text: Number.isNaN(sure) ? name : `${name} ${percent(sure)}`,
    right: label === null ? null : predicted === label,
  };
}

/** Reads what the model answered to every sentence; null until it is there, and where the model gives no such answers. */
export function rowAnswers(explorer: () => Explorer): () => RowAnswers | null {
  let answers = $state.raw<{ model: ModelEntry; of: Answers } | null>(null);
  $effect(() => {
    const { source, model } = explorer();
    if (!source || !model || !['class', 'number'].includes(meansOf(model) ?? '')) return undefined;
    let dropped = false;
    const keep = (of: Answers | null): void => {
      if (!dropped) answers = of && { model, of };
    };
    answersOf(source, model).then(keep, () => keep(null));
    return () => (dropped = true);
  });
  return () => {
    const known = answers;
    if (!known || known.model !== explorer().model) return null;
    return (sentence) => rowAnswer(known.model, known.of, sentence);
  };
}
