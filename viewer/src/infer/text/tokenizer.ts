/** Text into tokens as `rnnvis.text.tokenizer` does; `tests/golden/tokens.json` holds a table of cases for both. */

import { BLANKS, CONTRACTION, HIDDEN, ofCharacters, ofWords, ofWordsAndAddresses } from './patterns';

/** A piece of text as it is written, and the word that it is counted as. */
export type Token = readonly [surface: string, word: string];

/** How white space is written where it is a token. */
const BLANK = '\u2423';
const NORMAL: Readonly<Record<string, string>> = {
  dots: '...',
  dash: '--',
  quote: '"',
  url: '<url>',
  mail: '<mail>',
  user: '<user>',
};
const ENDS = new RegExp(`^${BLANKS}+|${BLANKS}+$`, 'gu');
const NUMERIC = /^(?:\p{Nd}[\p{Nd}.,:/\u066b\u066c]*|[¼½¾])+$/u;

/** The tokens of a text in order; with `addresses` a web address, an e-mail address and a @name are one each. */
export function words(text: string, addresses = false): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(addresses ? ofWordsAndAddresses() : ofWords())) {
    const [surface] = match;
    const kind = Object.entries(match.groups!).find(([, found]) => found !== undefined)![0];
    if (kind === 'word') for (const piece of pieces(surface)) tokens.push([piece, normal(piece)]);
    else {
      const word = kind === 'emoji' ? surface : (NORMAL[kind] ?? normal(surface));
      if (word) tokens.push([surface, word]);
    }
  }
  return tokens;
}

/** Every character as a reader counts them, with the marks on it; a stretch of white space is one. */
export function characters(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.replace(ENDS, '').matchAll(ofCharacters())) {
    const [surface] = match;
    const word = match.groups!['blank'] === undefined ? normal(surface) : BLANK;
    if (word) tokens.push([surface, word]);
  }
  return tokens;
}

/** Words as Penn Treebank language modelling has them: numbers are N, punctuation is dropped. */
export function penn(text: string): Token[] {
  return words(text)
    .filter(([, word]) => /[\p{L}\p{N}]/u.test(word) || ['$', '%', '&'].includes(word))
    .map(([surface, word]) => [surface, NUMERIC.test(word) ? 'N' : word]);
}

/** What stands between white space. */
export function spaced(text: string): Token[] {
  return text
    .split(new RegExp(`${BLANKS}+`, 'u'))
    .filter(Boolean)
    .map((chunk) => [chunk, chunk]);
}

function pieces(word: string): string[] {
  const match = CONTRACTION.exec(word)?.groups;
  return match ? [...pieces(match['stem']!), match['end']!] : [word];
}

function normal(token: string): string {
  return token
    .replace(HIDDEN, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\u2019\u02bc]/g, "'");
}
