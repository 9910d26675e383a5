import type { FindState } from '../../state/find';

type Span = readonly [number | null, number | null];

function spanned([low, high]: Span, name: string): string | null {
  if (low === null && high === null) return null;
  if (low === null) return `${name} to ${high}`;
  return high === null ? `${name} from ${low}` : `${name} ${low}–${high}`;
}

function joined(parts: readonly (string | null | false)[]): string | null {
  return parts.filter(Boolean).join(', ') || null;
}

/** The conditions that are set, in words; null where none is. `labels` are the names of the classes. */
export function summaryOf(find: FindState, labels: readonly string[]): string | null {
  switch (find.mode) {
    case 'sentences':
      return joined([
        find.split && `from ${find.split}`,
        find.label !== null && (labels[find.label] ?? String(find.label)),
        find.verdict !== 'any' && find.verdict,
        spanned(find.length, 'words'),
        spanned(find.loss, 'loss'),
        spanned(find.surprise, 'surprise'),
      ]);
    case 'concordance':
      return find.memory ? 'with what it did to the memory' : null;
    case 'fires':
      if (find.by === 'range')
        return joined([
          `|s| ≥ ${find.threshold}`,
          find.quietBefore && 'quiet before',
          find.quietAfter && 'quiet after',
        ]);
      return joined([`${find.below ? '≤' : '≥'} ${find.threshold}`, find.run > 1 && `${find.run} words in a row`]);
    case 'nearest':
      return joined([find.metric, find.onePerSentence && 'one of each sentence']);
  }
}
