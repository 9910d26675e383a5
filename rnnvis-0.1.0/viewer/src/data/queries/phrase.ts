/**
 * A phrase cut into words as the corpus cuts them: at spaces, and where a piece is no known word, at the fewest
 * places that leave only known words. What cannot be cut so stays whole.
 */
export function phraseWords(phrase: string, known: ReadonlySet<string>): string[] {
  return phrase
    .trim()
    .toLowerCase()
    .split(/\s+/u)
    .filter(Boolean)
    .flatMap((piece) => cut(piece, known) ?? [piece]);
}

const LONGEST_PIECE = 60;

function cut(piece: string, known: ReadonlySet<string>): string[] | null {
  if (known.has(piece) || piece.length > LONGEST_PIECE) return [piece];
  const best: (string[] | null)[] = [[]];
  for (let end = 1; end <= piece.length; end++) {
    best[end] = null;
    for (let start = 0; start < end; start++) {
      const before = best[start];
      if (!before || !known.has(piece.slice(start, end))) continue;
      if (best[end] === null || before.length + 1 < best[end]!.length) best[end] = [...before, piece.slice(start, end)];
    }
  }
  return best[piece.length] ?? null;
}
