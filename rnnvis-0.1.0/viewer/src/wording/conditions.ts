import { FIND, type FindState } from '../state/find';

type Span = readonly [number | null, number | null];

/** A condition that is set: in words, and what takes it away. */
export interface Condition {
  title: string;
  without: Partial<FindState>;
}

function spanned([low, high]: Span, name: string): string | null {
  if (low === null && high === null) return null;
  if (low === null) return `${name} to ${high}`;
  return high === null ? `${name} from ${low}` : `${name} ${low}–${high}`;
}

/** The conditions that are set. `labels` are the names of the classes. */
export function conditionsOf(find: FindState, labels: readonly string[]): Condition[] {
  const set: Condition[] = [];
  const add = (title: string | null | false, without: Partial<FindState>): void => {
    if (title) set.push({ title, without });
  };
  switch (find.mode) {
    case 'sentences':
      add(find.split && `from ${find.split}`, { split: FIND.split });
      add(find.label !== null && (labels[find.label] ?? String(find.label)), { label: FIND.label });
      add(find.verdict !== 'any' && find.verdict, { verdict: FIND.verdict });
      add(spanned(find.length, 'words'), { length: FIND.length });
      add(spanned(find.loss, 'loss'), { loss: FIND.loss });
      add(spanned(find.surprise, 'surprise'), { surprise: FIND.surprise });
      break;
    case 'concordance':
      add(find.memory && 'with what it did to the memory', { memory: false });
      break;
    case 'fires':
      if (find.by === 'range') {
        add(find.threshold !== null && `|s| ≥ ${find.threshold}`, { threshold: null });
        add(find.quietBefore && 'quiet before', { quietBefore: false });
        add(find.quietAfter && 'quiet after', { quietAfter: false });
      } else {
        add(find.threshold !== null && `${find.below ? '≤' : '≥'} ${find.threshold}`, {
          threshold: null,
          below: false,
        });
        add(find.run > 1 && `${find.run} words in a row`, { run: FIND.run });
      }
      break;
    case 'nearest':
      add(find.metric, { metric: FIND.metric });
      add(find.onePerSentence && 'one of each sentence', { onePerSentence: false });
  }
  return set;
}

/** The same in one line; null where none is set. */
export function summaryOf(find: FindState, labels: readonly string[]): string | null {
  return (
    conditionsOf(find, labels)
      .map(({ title }) => title)
      .join(', ') || null
  );
}
