import type { ModelEntry } from './types';

/** What an answer of a model is. */
export type Means = 'class' | 'tag' | 'next word' | 'number';

type Answering = Pick<ModelEntry, 'kind' | 'classes' | 'answer'>;

/** What the model answers; of folders that do not say, by the kind of the model; null where it is not known. */
export function meansOf(model: Answering | null): Means | null {
  if (!model) return null;
  if (model.answer) return model.answer.means;
  if (model.kind === 'language model') return 'next word';
  return model.classes.length > 0 ? 'class' : null;
}

/** The class that pages follow: the chosen one of several, else the last; null without classes. */
export function followedClass(model: Answering | null, chosen: number | null): number | null {
  const last = (model?.classes.length ?? 0) - 1;
  if (last < 0) return null;
  return chosen === null || last < 2 ? last : Math.min(chosen, last);
}

/** The score whose effects are published under this class: the second of two classes and a number have one alone. */
export function scoreOf(model: Answering, followed: number | null): number {
  return model.classes.length > 2 ? (followed ?? 0) : 1;
}

/** Whether something is known after every word, not only after the last one. */
export function answersAlong(model: Answering): boolean {
  if (!model.answer) return meansOf(model) !== null;
  return model.answer.per === 'step' || model.answer.ended_by !== null;
}

/** Whether there is one answer for a whole sequence, and not one after every step. */
export function readsWhole(model: Answering): boolean {
  return model.answer ? model.answer.per === 'sequence' : meansOf(model) !== 'next word';
}

/** Whether words push an answer along: one that is not a new one at every step, and known all along. */
export function pushesAnswer(model: Answering | null): boolean {
  const means = meansOf(model);
  return means !== null && means !== 'next word' && (!model?.answer || model.answer.effects !== null);
}

/** The score that a row of effects is about; folders of before there were several have rows for one. */
export function effectScore(row: { class: number | null }): number {
  return row.class ?? 1;
}

/** Whether the answer is read from several states, so that none of them pushes all of it. */
export function sharedAnswer(model: Pick<ModelEntry, 'states'> | null): boolean {
  return (model?.states.filter((state) => state.read_by_head) ?? []).length > 1;
}
