import type { DatasetEntry, StateEntry } from '../../data/types';
import { count } from '../../wording/format';
import type { Table } from '../../model/csv';
import type { StateStore } from '../../data/states/store';
import type { Stretches } from './stretches';

/** How much was found, where, and in how much of the corpus. */
export function countedStretches(found: Stretches, noun: [string, string]): string {
  return `${count(found.rows.length)} of ${count(found.total)} ${found.total === 1 ? noun[0] : noun[1]}, in ${count(found.ids.length)} of ${count(found.searched)} sentences`;
}

/** What is still being read, and that a sample is not the corpus; null where there is nothing to say. */
export function loadingText(
  found: Stretches | null,
  store: StateStore | null,
  dataset: DatasetEntry | null,
  state: StateEntry | null,
): string | null {
  if (!store || !dataset || !state) return null;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  if (!found?.complete && store.loaded.files < store.loaded.of)
    return `The states are read once: ${megabytes(store.loaded.ofBytes)} MB in ${store.loaded.of} ${store.loaded.of === 1 ? 'file' : 'files'}. Results appear as they arrive.`;
  const all = Object.values(dataset.splits).reduce((sum, n) => sum + n, 0);
  const published = state.published_sentences ?? found?.searched ?? all;
  return published < all
    ? `States are published for ${count(published)} of the ${count(all)} sentences; only those are searched.`
    : null;
}

/** Of how many sentences the states are known, where a sample of them is published; null where all are. */
export function sampledText(dataset: DatasetEntry | null, state: StateEntry | null): string | null {
  if (!dataset || !state) return null;
  const all = Object.values(dataset.splits).reduce((sum, n) => sum + n, 0);
  const published = state.published_sentences ?? all;
  return published < all
    ? `It is known in the ${count(published)} of ${count(all)} sentences whose states are published.`
    : null;
}

/** The shown stretches as a table. */
export function stretchesTable(found: Stretches, caption: string, score: string): Table {
  return {
    caption,
    columns: [
      { name: score, about: 'What the stretches are ranked by' },
      { name: 'key', about: 'Key of the sentence' },
      { name: 'split', about: 'Part of the corpus' },
      { name: 'from', about: 'First word, from 1' },
      { name: 'to', about: 'Last word, from 1' },
      { name: 'words', about: 'The words of the stretch', corpus: true },
      { name: 'text', about: 'The sentence', corpus: true },
    ],
    rows: found.rows.map((row) => {
      const text = (part: typeof row.tokens): string =>
        part.map((token, i) => (i ? token.before : '') + token.text).join('');
      return [
        row.score,
        row.key,
        row.split,
        row.from + 1,
        row.to + 1,
        text(row.tokens.slice(row.from, row.to + 1)),
        text(row.tokens),
      ];
    }),
  };
}
