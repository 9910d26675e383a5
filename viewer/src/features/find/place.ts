import { mark } from '../../model/mark';
import { spacedTokens } from '../../model/spacing';

/** The step in which the first hit of a search begins; null where there is none. */
export function firstHit(surface: readonly string[], text: string, search: string): number | null {
  const joined = spacedTokens(surface, text);
  let length = 0;
  const ends = joined.map((token) => (length += token.before.length + token.text.length));
  const pieces = mark(joined.map((token) => token.before + token.text).join(''), search);
  let at = 0;
  for (const piece of pieces) {
    if (piece.hit) {
      const step = ends.findIndex((end) => end > at);
      return step < 0 ? null : step;
    }
    at += piece.text.length;
  }
  return null;
}
