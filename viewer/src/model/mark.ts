import { foldedText as plain } from '../data/folding';
import { expression } from '../data/queries';

/** A piece of a text; `hit` where it is what was searched for. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** The text cut at the places that match, as DuckDB matches them: without regard to case and accents. */
export function mark(text: string, search: string): Piece[] {
  const wanted = search.trim();
  if (!wanted) return [{ text, hit: false }];
  const found = expression(wanted) === null ? literal(text, plain(wanted)) : matches(text, expression(wanted)!);
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

function literal(text: string, wanted: string): [number, number][] {
  const letters = [...text];
  const starts: number[] = [];
  let folded = '';
  let position = 0;
  for (const letter of letters) {
    const form = plain(letter);
    for (let i = 0; i < form.length; i++) starts.push(position);
    folded += form;
    position += letter.length;
  }
  starts.push(position);
  const found: [number, number][] = [];
  for (let at = folded.indexOf(wanted); at >= 0 && wanted; at = folded.indexOf(wanted, at + wanted.length)) {
    found.push([starts[at]!, starts[at + wanted.length]!]);
  }
  return found;
}

function matches(text: string, pattern: string): [number, number][] {
  try {
    return [...text.matchAll(new RegExp(pattern, 'giu'))]
      .filter((match) => match[0])
      .map((match) => [match.index, match.index + match[0].length]);
  } catch {
    return [];
  }
}
