/** First and last step of a brushed range, both included. */
export type Span = readonly [number, number];

/** The range between two steps, in whichever order they were touched. */
export function spanOf(a: number, b: number): [number, number] {
  return a <= b ? [a, b] : [b, a];
}

/** The row at a height of the rows' content, which begins `shift` rows below its top; held inside the sentence. */
export function stepAt(y: number, pitch: number, shift: number, steps: number): number {
  return Math.max(0, Math.min(steps - 1, Math.floor(y / pitch) - shift));
}

export function spanWords(range: Span): string {
  const count = range[1] - range[0] + 1;
  return count === 1 ? '1 word' : `${count} words`;
}
