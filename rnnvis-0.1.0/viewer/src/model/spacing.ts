import { asPieces } from './pieces';

/** A token of a sentence with the text that stands before it. */
export interface SpacedToken {
  text: string;
  before: string;
  step: number;
}

const CLOSING = /^([.,;:!?%)\]}’”…]|n't|n’t|'[a-z]*|’[a-z]+)/i;
const OPENING = /[([{“]$/;

/**
 * Spaces as the source has them: each token is looked up in the sentence's text, in order. Where the text was
 * changed by the tokeniser, or the tokens are pieces of words, they join by the usual rules.
 */
export function spacedTokens(surface: readonly string[], text: string): SpacedToken[] {
  return fromText(surface, text) ?? byRule(surface);
}

/** Where each token stands in the text that it was cut from, in order; null where it does not. */
export function tokenRanges(surface: readonly string[], text: string): [number, number][] | null {
  const ranges: [number, number][] = [];
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return null;
  let at = 0;
  for (const token of surface) {
    const found = lower.indexOf(token.toLowerCase(), at);
    if (found < 0 || text.slice(at, found).trim() !== '') return null;
    at = found + token.length;
    ranges.push([found, at]);
  }
  return ranges;
}

function fromText(surface: readonly string[], text: string): SpacedToken[] | null {
  const ranges = tokenRanges(surface, text);
  return (
    ranges &&
    surface.map((token, step) => ({
      text: token,
      before: step > 0 && ranges[step]![0] > ranges[step - 1]![1] ? ' ' : '',
      step,
    }))
  );
}

function byRule(surface: readonly string[]): SpacedToken[] {
  const pieces = asPieces(surface);
  if (pieces) return pieces.map((piece, step) => ({ ...piece, step }));
  return surface.map((text, step) => {
    const joined = step === 0 || CLOSING.test(text) || OPENING.test(surface[step - 1]!);
    return { text, before: joined ? '' : ' ', step };
  });
}

/**
 * The part of a sentence around `step` that has room: at most `before` letters before the token and `after` letters
 * from it on, whole tokens only. Room that one side does not need goes to the other.
 */
export function windowAround(
  tokens: readonly SpacedToken[],
  step: number,
  before: number,
  after: number,
): { tokens: SpacedToken[]; cutBefore: boolean; cutAfter: boolean } {
  const width = (token: SpacedToken): number => token.before.length + token.text.length;
  const sum = (part: readonly SpacedToken[]): number => part.reduce((total, token) => total + width(token), 0);
  const needBefore = sum(tokens.slice(0, step));
  const needAfter = sum(tokens.slice(step));
  let roomBefore = before + Math.max(0, after - needAfter);
  let roomAfter = after + Math.max(0, before - needBefore);
  let from = step;
  while (from > 0 && width(tokens[from - 1]!) <= roomBefore) {
    from -= 1;
    roomBefore -= width(tokens[from]!);
  }
  let to = step;
  while (to < tokens.length && (to === step || width(tokens[to]!) <= roomAfter)) {
    roomAfter -= width(tokens[to]!);
    to += 1;
  }
  while (from > 0 && from < step && tokens[from]!.before === '') from += 1;
  return { tokens: tokens.slice(from, to), cutBefore: from > 0, cutAfter: to < tokens.length };
}
