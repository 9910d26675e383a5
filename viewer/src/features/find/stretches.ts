import { sentencesById } from '../../data/queries';
import type { Source } from '../../data/source';
import type { StateStore } from '../../data/states/store';
import type { Found, Task } from '../../data/states/worker';
import type { DatasetEntry } from '../../data/types';
import { spacedTokens, type SpacedToken } from '../../model/spacing';

/** A stretch with its sentence, ready to be shown. */
export interface ShownStretch extends Found {
  key: string;
  split: string;
  label: number | null;
  tokens: SpacedToken[];
}

export interface Stretches {
  task: Task;
  total: number;
  /** Numbers of the sentences with one. */
  ids: Int32Array;
  searched: number;
  complete: boolean;
  rows: ShownStretch[];
}

/** Every stretch, with its sentence. */
export async function allStretches(
  source: Source,
  dataset: DatasetEntry,
  store: StateStore,
  task: Task,
): Promise<Stretches> {
  let last: Stretches | null = null;
  await searchStretches(
    source,
    dataset,
    store,
    task,
    Infinity,
    new AbortController().signal,
    (found) => (last = found),
    false,
  );
  return last!;
}

/** Searches the states and adds the sentences; what was found so far is handed over after each file. */
export async function searchStretches(
  source: Source,
  dataset: DatasetEntry,
  store: StateStore,
  task: Task,
  limit: number,
  signal: AbortSignal,
  show: (found: Stretches) => void,
  tinted = true,
): Promise<void> {
  let shown = Promise.resolve();
  await store.search(
    task,
    limit,
    signal,
    (answer, complete) => {
      shown = shown.then(async () => {
        const sentences = await sentencesById(
          source,
          dataset,
          [...new Set(answer.best.map(({ sentence }) => sentence))],
          signal,
        );
        const rows = answer.best.flatMap((found) => {
          const sentence = sentences.get(found.sentence);
          return sentence
            ? [
                {
                  ...found,
                  key: sentence.key,
                  split: sentence.split,
                  label: sentence.label,
                  tokens: spacedTokens(sentence.surface, sentence.text),
                },
              ]
            : [];
        });
        show({ task, total: answer.total, ids: answer.ids, searched: answer.searched, complete, rows });
      });
      shown.catch(() => undefined);
    },
    tinted,
  );
  await shown;
}
