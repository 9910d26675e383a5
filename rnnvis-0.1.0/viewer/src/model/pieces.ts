/** A piece as it reads within its sentence: without its mark, and the space that the mark stood for. */
interface Piece {
  text: string;
  before: '' | ' ';
}

const SPACE = /^[Ġ▁]/;
const GOES_ON = /^##(?=.)/;
const UNFINISHED = /(?<=.)@@$/;
const END = /(?<=.)<\/w>$/;

/** Tokens of a vocabulary of characters or of pieces of words, as they read; null for whole words. */
export function asPieces(surface: readonly string[]): Piece[] | null {
  const said = (mark: RegExp): boolean => surface.some((token) => token.length > 1 && mark.test(token));
  const by = (joined: (step: number) => boolean, text: (token: string) => string): Piece[] =>
    surface.map((token, step) => ({ text: text(token), before: step === 0 || joined(step) ? '' : ' ' }));
  if (said(SPACE))
    return by(
      (step) => !SPACE.test(surface[step]!),
      (token) => characters(token.replace(SPACE, '')),
    );
  if (said(GOES_ON))
    return by(
      (step) => GOES_ON.test(surface[step]!),
      (token) => token.replace(GOES_ON, ''),
    );
  if (said(UNFINISHED))
    return by(
      (step) => UNFINISHED.test(surface[step - 1]!),
      (token) => token.replace(UNFINISHED, ''),
    );
  if (said(END))
    return by(
      (step) => !END.test(surface[step - 1]!),
      (token) => token.replace(END, ''),
    );
  if (surface.length > 1 && surface.every((token) => [...token].length <= 1))
    return by(
      () => true,
      (token) => token,
    );
  return null;
}

/** GPT-2 writes each byte as one sign: printable ones of Latin-1 as themselves, the others from U+0100 on. */
const BYTES = new Map<string, number>();
for (let byte = 0, others = 0; byte < 256; byte += 1) {
  const printable = (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
  BYTES.set(String.fromCodePoint(printable ? byte : 256 + others++), byte);
}

/** The characters whose bytes these signs are; the token itself where they are no whole characters. */
function characters(token: string): string {
  const bytes = [...token].map((sign) => BYTES.get(sign));
  if (bytes.some((byte) => byte === undefined)) return token;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes as number[]));
  } catch {
    return token;
  }
}
