import { foldedText as plain } from '../data/folding';
import { expression, wholeWords, type Hit, type Match } from '../data/queries';

/** A piece of a text; `hit` where it is what was searched for. */
export interface Piece {
  text: string;
  hit: boolean;
}

/**
 * The text cut at the places that match, without regard to case and accents. `marks` are the places where an expression
 * was found. Words that stand nowhere by themselves (“n't” in “don't”) are marked as letters.
 */
export function mark(
  text: string,
  search: string,
  match: Match = 'letters',
  marks: readonly Hit[] | null = null,
): Piece[] {
  const wanted = search.trim();
  if (!wanted) return [{ text, hit: false }];
  const found = marks ?? (expression(wanted) === null ? plainly(text, plain(wanted), match) : []);
  const pieces: Piece[] = [];
  let at = 0;
  for (const [start, end] of found) {
    if (start > at) pieces.push({ text: text.slice(at, start), hit: false });
    pieces.push({ text: text.slice(start, end), hit: true });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), hit: false });
  return pieces;
}

/** A piece of a text that lies in one token, or between two. */
export interface TokenPiece extends Piece {
  step: number | null;
}

/** Pieces cut at the places where tokens begin and end. */
export function byToken(pieces: readonly Piece[], ranges: readonly (readonly [number, number])[]): TokenPiece[] {
  const cut: TokenPiece[] = [];
  let at = 0;
  let step = 0;
  for (const { text, hit } of pieces) {
    const end = at + text.length;
    while (at < end) {
      while (step < ranges.length && ranges[step]![1] <= at) step += 1;
      const [from, to] = ranges[step] ?? [Infinity, Infinity];
      const next = Math.min(end, from > at ? from : to);
      cut.push({
        text: text.slice(text.length - (end - at), text.length - (end - next)),
        hit,
        step: from > at ? null : step,
      });
      at = next;
    }
  }
  return cut;
}

function plainly(text: string, wanted: string, match: Match): Hit[] {
  const { folded, starts } = foldedWithPlaces(text);
  const at = (from: number, length: number): Hit => [starts[from]!, starts[from + length]!];
  const pattern = match === 'words' ? wholeWords(wanted) : null;
  const words = pattern ? [...folded.matchAll(pattern)].map((hit) => at(hit.index, hit[0].length)) : [];
  if (words.length) return words;
  const found: Hit[] = [];
  for (let from = folded.indexOf(wanted); from >= 0 && wanted; from = folded.indexOf(wanted, from + wanted.length))
    found.push(at(from, wanted.length));
  return found;
}

/** The folded text, and where in the text each of its letters comes from. */
function foldedWithPlaces(text: string): { folded: string; starts: number[] } {
  const starts: number[] = [];
  let folded = '';
  let position = 0;
  for (const letter of text) {
    const form = plain(letter);
    for (let i = 0; i < form.length; i++) starts.push(position);
    folded += form;
    position += letter.length;
  }
  starts.push(position);
  return { folded, starts };
}
