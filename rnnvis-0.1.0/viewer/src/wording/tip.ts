/** Text of a tooltip: interface text, and words of the corpus, which stand in their own letters. */
export type Segment = string | { corpus: string };

export interface TooltipContent {
  title: Segment[];
  lines: Segment[][];
  /** What a click does. */
  hint: string | null;
}

export function corpus(text: string): Segment {
  return { corpus: text };
}

/** Corpus words as a list: a, b and c. */
export function corpusList(words: readonly string[]): Segment[] {
  return words.flatMap((word, i): Segment[] =>
    i === 0 ? [corpus(word)] : [i === words.length - 1 ? ' and ' : ', ', corpus(word)],
  );
}

/** The same as plain text, for labels that are read aloud. */
export function plain(content: TooltipContent): string {
  const text = (segments: Segment[]): string => segments.map((s) => (typeof s === 'string' ? s : s.corpus)).join('');
  return [content.title, ...content.lines].map(text).join('. ').replace(/\.\./g, '.');
}
