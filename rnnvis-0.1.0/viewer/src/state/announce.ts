/** What a change of the view says aloud, for people who do not see it. */

export interface Announced {
  page: string;
  sentence: string;
  /** The pinned word with the verdict before and after it. */
  pinned: { word: string; className: string | null; before: number | null; after: number | null } | null;
  words: readonly string[];
  k: number;
  model: string;
}

function short(value: number): string {
  return value.toFixed(2).replace(/^0(?=\.)/, '');
}

function ofPinned(pinned: Announced['pinned']): string {
  if (!pinned) return 'No word is pinned';
  const { word, className, before, after } = pinned;
  if (className === null || after === null) return `${word} pinned`;
  const p = `P(${className})`;
  return before === null
    ? `${word} pinned, ${p} ${short(after)}`
    : `${word} pinned, ${p} ${short(before)} to ${short(after)}`;
}

/** One sentence for each thing that changed; empty where nothing did. */
export function announcement(before: Announced, after: Announced): string {
  const parts: string[] = [];
  if (after.page !== before.page) parts.push(`View: ${after.page}`);
  if (after.model !== before.model) parts.push(`Model: ${after.model}`);
  if (after.sentence !== before.sentence && after.sentence) parts.push(`Sentence: ${after.sentence}`);
  if (JSON.stringify(after.pinned) !== JSON.stringify(before.pinned)) parts.push(ofPinned(after.pinned));
  const added = after.words.filter((word) => !before.words.includes(word));
  const removed = before.words.filter((word) => !after.words.includes(word));
  if (added.length) parts.push(`${added.join(', ')} selected`);
  if (removed.length) parts.push(`${removed.join(', ')} no longer selected`);
  if (after.k !== before.k) parts.push(`${after.k} clusters`);
  return parts.join('. ');
}
