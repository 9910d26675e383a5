/** Text into the word ids of one vocabulary, as `rnnvis.text.encoding` does; `tests/golden/pieces.json` is for both. */

import type { Vocabulary } from '../../data/types';
import { refused } from '../fault';
import type { SpecWords } from '../parts';
import { BLANKS } from './patterns';
import { characters, penn, spaced, words, type Token } from './tokenizer';

export interface Tokenized {
  surface: string[];
  /** Word ids; −1 for a word that nothing of the vocabulary stands for. */
  tokens: Int32Array;
  /** Places of words that are not in the vocabulary. */
  unknown: number[];
}

/** Characters of a text at most, and the share of them that may be no text. */
const LONGEST = 100_000;
const NO_TEXT = 0.1;
// What files that are no text are full of.
// eslint-disable-next-line no-control-regex
const BINARY = /[\u0000-\u0008\u000e-\u001b\u007f\ufffd]/g;
const BLANK = new RegExp(`^${BLANKS}$`, 'u');
const CHUNK = new RegExp(`[^${BLANKS.slice(1, -1)}]+`, 'gu');

type Piece = readonly [surface: string, id: number | null];

/** Throws `DataProblem` for what is too long, or no text. */
export function tokenize(text: string, how: SpecWords, vocabulary: Pick<Vocabulary, 'id' | 'text'>): Tokenized {
  if (text.length > LONGEST)
    throw refused(
      `${text.length.toLocaleString('en')} characters are too many to be typed`,
      `Take at most ${LONGEST.toLocaleString('en')}.`,
    );
  const odd = text.match(BINARY)?.length ?? 0;
  if (odd > NO_TEXT * text.length) throw refused('What was pasted is no text', 'Paste plain text.');
  const found = how.kind === 'pieces' ? cutPieces(text, how, vocabulary) : looked(text, how, vocabulary);
  const all = [...mark(how.start, vocabulary), ...found, ...mark(how.end, vocabulary)];
  return {
    surface: all.map(([surface]) => surface),
    tokens: Int32Array.from(all, ([, found]) => found ?? how.unknown ?? -1),
    unknown: all.flatMap(([, found], at) => (found === null || found === how.unknown ? [at] : [])),
  };
}

/** The id of a token as it is written; null where the vocabulary has none of its forms. */
export function idOf(surface: string, how: SpecWords, { id }: Pick<Vocabulary, 'id'>): number | null {
  const word = how.kind === 'spaced' ? surface : (cut(surface, how)[0]?.[1] ?? surface);
  return firstOf([surface, word, ...(how.fold_case ? [surface.toLowerCase()] : [])], id);
}

function mark(word: number | null, { text }: Pick<Vocabulary, 'text'>): Piece[] {
  return word === null ? [] : [[text[word] ?? '', word]];
}

function firstOf(forms: readonly string[], ids: ReadonlyMap<string, number>): number | null {
  for (const form of forms) {
    const found = ids.get(form);
    if (found !== undefined) return found;
  }
  return null;
}

function cut(text: string, how: SpecWords): Token[] {
  if (how.kind === 'characters') return characters(text);
  if (how.kind === 'spaced') return spaced(text);
  return how.kind === 'penn' ? penn(text) : words(text, how.addresses);
}

function looked(text: string, how: SpecWords, { id }: Pick<Vocabulary, 'id'>): Piece[] {
  return cut(text, how).map(([surface, word]) => [
    surface,
    firstOf([surface, word, ...(how.fold_case ? [surface.toLowerCase()] : [])], id),
  ]);
}

const longest = new WeakMap<ReadonlyMap<string, number>, number>();

/** Characters of the longest word. */
function longestOf(ids: ReadonlyMap<string, number>): number {
  const known = longest.get(ids);
  if (known !== undefined) return known;
  let most = 1;
  for (const word of ids.keys()) if (word.length > most) most = Math.max(most, Array.from(word).length);
  longest.set(ids, most);
  return most;
}

/** From the left the longest pieces that the vocabulary has. */
function cutPieces(text: string, how: SpecWords, { id }: Pick<Vocabulary, 'id'>): Piece[] {
  const { mark } = how;
  const most = longestOf(id);
  const found: Piece[] = [];
  const chunks = mark === null ? [text] : (text.match(CHUNK) ?? []);
  chunks.forEach((raw, number) => {
    const begins = mark === '▁' || (mark === 'Ġ' && number > 0);
    const chunk = Array.from(begins ? `${mark}${raw}` : raw);
    for (let at = 0; at < chunk.length;) {
      let end = Math.min(chunk.length, at + most);
      let piece: number | null = null;
      for (; end > at; end--) {
        const written = chunk.slice(at, end).join('');
        const forms = how.fold_case ? [written, written.toLowerCase()] : [written];
        piece = firstOf(
          forms.map((form) => marked(form, mark, at === 0, end === chunk.length)),
          id,
        );
        if (piece !== null) break;
      }
      if (piece === null) {
        const one = chunk[at++]!;
        if (!BLANK.test(one) && one !== mark) found.push([one, null]);
        continue;
      }
      const written = chunk.slice(at, end).join('');
      const bare = mark !== null && written.startsWith(mark) ? written.slice(mark.length) : written;
      found.push([bare || written, piece]);
      at = end;
    }
  });
  return found;
}

/** How the vocabulary writes a piece of a word. */
function marked(piece: string, mark: SpecWords['mark'], first: boolean, last: boolean): string {
  if (mark === '##') return first ? piece : `##${piece}`;
  if (mark === '@@') return last ? piece : `${piece}@@`;
  if (mark === '</w>') return last ? `${piece}</w>` : piece;
  return piece;
}
