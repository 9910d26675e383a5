import type { SentenceHit } from '../../data/queries';
import { mark } from '../../model/mark';
import { spacedTokens } from '../../model/spacing';
import type { FindState } from '../../state/find';

/** The step in which the first hit of a search begins; null where there is none. */
export function firstHit(
  surface: readonly string[],
  { text, marks }: Pick<SentenceHit, 'text' | 'marks'>,
  search: Pick<FindState, 'text' | 'match'>,
): number | null {
  const joined = spacedTokens(surface, text);
  let length = 0;
  const ends = joined.map((token) => (length += token.before.length + token.text.length));
  const whole = joined.map((token) => token.before + token.text).join('');
  let at = 0;
  for (const piece of mark(whole, search.text, search.match, marks && moved(marks, text, whole))) {
    if (piece.hit) {
      const step = ends.findIndex((end) => end > at);
      return step < 0 ? null : step;
    }
    at += piece.text.length;
  }
  return null;
}

/** Places of one text in another that differs in its spaces alone: letters are counted. */
function moved(marks: NonNullable<SentenceHit['marks']>, from: string, to: string): [number, number][] {
  const before = (text: string, at: number): number => text.slice(0, at).replace(/\s/gu, '').length;
  const places = Array.from({ length: to.length }, (_, i) => i).filter((i) => !/\s/u.test(to[i]!));
  return marks.flatMap(([start, end]): [number, number][] => {
    const [first, last] = [places[before(from, start)], places[before(from, end) - 1]];
    return first === undefined || last === undefined || last < first ? [] : [[first, last + 1]];
  });
}
