import { DataProblem } from './problem';
import type { DatasetEntry, ModelEntry } from './types';

/** Why the model cannot run in the page; null where it can. */
export function whyNotRunnable(dataset: DatasetEntry, model: ModelEntry): string | null {
  if (!dataset.models.includes(model)) return 'Only the last epoch of a model can run in the page.';
  if (model.step_model) return null;
  return (
    model.no_step_model ?? 'This folder was published without the model itself: publish it again with “rnnvis publish”.'
  );
}

/** Whether the folder says of the model that it can run in the page, or why it cannot; older folders say nothing. */
export function speaksOfRunning(model: ModelEntry): boolean {
  return Boolean(model.step_model ?? model.no_step_model);
}

export function cannotRun(model: ModelEntry, reason: string): DataProblem {
  return new DataProblem(
    `${model.title} cannot run in the page`,
    reason,
    'Published sentences, words and units are all here; only new sentences are not.',
  );
}
