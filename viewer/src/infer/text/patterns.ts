/**
 * The patterns of `rnnvis.text.tokenizer`, written for JavaScript: without sets of sets, which browsers of 2023 do not know,
 * and without the flag that ignores case, which makes a letter of a mark (U+0345).
 */

const SCRIPTS = ['Han', 'Hiragana', 'Thai', 'Lao', 'Khmer', 'Myanmar', 'Tai_Tham', 'New_Tai_Lue', 'Tai_Viet'];
const SPACELESS = SCRIPTS.map((script) => `\\p{Script=${script}}`).join('');
/** Format characters that are seen: Arabic number signs. */
const VISIBLE = '\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2';
const UNSEEN = `(?![${VISIBLE}])[\\p{Cc}\\p{Cf}]`;
const SPACE = '\\p{White_Space}';
/** What \w is to Python. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const APOSTROPHE = "['\\u2019\\u02bc]";
const WITHIN = `(?:\\p{M}|(?![${VISIBLE}\\u200b])\\p{Cf})*`;
const LETTER = `(?:(?![${SPACELESS}])[\\p{L}\\p{N}]${WITHIN})`;
const HEBREW = `(?:\\p{Script=Hebrew}${WITHIN}["\\u201d\\u05f4](?=\\p{Script=Hebrew}))`;
const LETTERS = `(?:${HEBREW}|${LETTER})+`;

/** One that ignores case, as Python does: ſ is an s, İ an i. */
function either(letters: string): string {
  const also: Record<string, string> = { s: 'ſ', i: 'İ', k: '\u212a' };
  return Array.from(letters, (letter) => `[${letter}${letter.toUpperCase()}${also[letter] ?? ''}]`).join('');
}

const PICTURE =
  '\\u203c\\u2049\\u2122\\u2139\\u2194-\\u21aa\\u231a-\\u23ff\\u24c2\\u25aa-\\u27bf\\u2934\\u2935\\u2b05-\\u2b55' +
  '\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1faff}';
const MODIFIER = '\\ufe0f\\u20e3\\u{1f3fb}-\\u{1f3ff}\\u{e0020}-\\u{e007f}';
const EMOJI =
  '[\\u{1f1e6}-\\u{1f1ff}]{2}|[0-9#*]\\ufe0f?\\u20e3|' +
  `[${PICTURE}][${MODIFIER}]*(?:\\u200d[${PICTURE}][${MODIFIER}]*)*`;

/** A character as a reader counts it (UAX #29), and what is left of its marks. */
const CLUSTER = cluster();

function cluster(): string {
  const prepended =
    `[${VISIBLE}\\u0d4e\\u{110bd}\\u{110cd}\\u{111c2}\\u{111c3}\\u{113d1}\\u{1193f}\\u{11941}` +
    '\\u{11a84}-\\u{11a89}\\u{11d46}\\u{11f02}]';
  const inside = '[\\p{M}\\p{Grapheme_Extend}\\p{Emoji_Modifier}\\u200d\\u0e33\\u0eb3]';
  const linker =
    '[\\u094d\\u09cd\\u0acd\\u0b4d\\u0c4d\\u0d4d\\u1039\\u17d2\\u1a60\\u1b44\\u1bab\\ua9c0\\uaaf6\\u{10a3f}\\u{11133}' +
    '\\u{113d0}\\u{1193e}\\u{11a47}\\u{11a99}\\u{11f42}]';
  const linking =
    '\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Telugu}\\p{Script=Malayalam}' +
    '\\p{Script=Myanmar}\\p{Script=Khmer}\\p{Script=Tai_Tham}\\p{Script=Balinese}\\p{Script=Sundanese}\\p{Script=Javanese}' +
    '\\p{Script=Meetei_Mayek}\\p{Script=Kharoshthi}\\p{Script=Chakma}\\p{Script=Soyombo}';
  const vowel =
    '[\\u0904-\\u0914\\u0960\\u0961\\u0972-\\u0977\\u0985-\\u0994\\u09e0\\u09e1\\u0a85-\\u0a94\\u0ae0\\u0ae1\\u0b05-\\u0b14\\u0b60\\u0b61\\u0c05-\\u0c14\\u0c60\\u0c61\\u0d05-\\u0d14\\u0d60\\u0d61]';
  const consonant = `(?!${vowel})(?=\\p{Lo})[${linking}]`;
  const joined = `(?:(?!\\u200c)${inside})`;
  const vowels = '[\\u1160-\\u11a7\\ud7b0-\\ud7c6]';
  const ends = '[\\u11a8-\\u11ff\\ud7cb-\\ud7fb]';
  const open = `[${Array.from({ length: 399 }, (_, i) => String.fromCharCode(0xac00 + 28 * i)).join('')}]`;
  const hangul =
    `[\\u1100-\\u115f\\ua960-\\ua97c]*(?:${open}${vowels}*${ends}*|[\\uac00-\\ud7a3]${ends}*|${vowels}+${ends}*)|` +
    `[\\u1100-\\u115f\\ua960-\\ua97c]+|${ends}+`;
  const picture = `\\p{Extended_Pictographic}(?:(?:(?!\\u200d)${inside})*\\u200d\\p{Extended_Pictographic})*`;
  const control = `(?!${prepended}|[\\u200c\\u200d\\u{e0020}-\\u{e007f}])[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]`;
  const join = `${joined}*${consonant}`;
  const core = `[\\u{1f1e6}-\\u{1f1ff}]{2}|${hangul}|${picture}|${linker}${join}|(?!${control})[^]`;
  const whole = `${prepended}*(?:${core})(?:${joined}*${linker}${join})*${inside}*`;
  return `(?:\\r\\n|${control}|${whole}|${prepended}+)\\p{M}*`;
}

const ADDRESS = [
  `(?<url>(?:(?:${either('http')}${either('s')}?|${either('ftp')})://|${either('www')}\\.)` +
    `[^${SPACE}<>"\\u201c\\u201d]*[^${SPACE}<>"\\u201c\\u201d.,;:!?)\\]}'\\u2019\\u2026])`,
  `(?<mail>(?<![${WORD}.+\\-])[${WORD}.+\\-]+@[${WORD}\\-]+(?:\\.[${WORD}\\-]+)+)`,
  `(?<user>(?<![${WORD}@])@[${WORD}]+)`,
];

const TOKEN = [
  `(?<emoji>${EMOJI})`,
  `(?<emoticon>(?<![${WORD}])[:;=]['\\u2019]?[\\-oO]?[)(\\]\\[DdPp|](?![${WORD}]))`,
  `(?<initials>(?:(?<![${WORD}])(?![\\p{Nd}_])[${WORD}]\\.){2,})`,
  `(?<number>\\p{Nd}+(?:[.,:\\u066b\\u066c]\\p{Nd}+)+(?![${WORD}]))`,
  `(?<character>(?=[${SPACELESS}])${CLUSTER})`,
  `(?<word>${LETTERS}(?:(?:${APOSTROPHE}|[\\u00b7\\u0387\\u05f3\\u2027])${LETTERS})*\\u05f3?)`,
  `(?<clitic>${APOSTROPHE}(?:${either('em')}|${either('tis')}|${either('twas')}|\\p{Nd}0${either('s')})(?![${WORD}]))`,
  '(?<dots>\\.{2,}|\\u2026)',
  '(?<dash>-{2,}|[\\u2013\\u2014])',
  "(?<quote>''|``|[\"\\u201c\\u201d\\u201e])",
  `(?<other>(?!${UNSEEN})[^${SPACE}]${WITHIN})`,
];

/** Each is made when it is first wanted: the classes of Unicode in it take some ms. */
export const ofWords = once(() => new RegExp(TOKEN.join('|'), 'gu'));
export const ofWordsAndAddresses = once(() => new RegExp([...ADDRESS, ...TOKEN].join('|'), 'gu'));
export const ofCharacters = once(() => new RegExp(`(?<blank>[${SPACE}]+)|${CLUSTER}`, 'gu'));
export const CONTRACTION = new RegExp(
  `^(?<stem>.+?)(?<end>${either('n')}${APOSTROPHE}${either('t')}|` +
    `${APOSTROPHE}(?:${['s', 'm', 'd', 'll', 're', 've'].map(either).join('|')}))$`,
  'su',
);
export const HIDDEN = new RegExp(`(?:(?![${VISIBLE}\\u200c\\u200d])[\\p{Cc}\\p{Cf}])+|[\\u200c\\u200d]+$`, 'gu');
/** White space as Python's `str` knows it. */
export const BLANKS = `[${SPACE}\\x1c-\\x1f]`;

function once(make: () => RegExp): () => RegExp {
  let made: RegExp | null = null;
  return () => (made ??= make());
}
