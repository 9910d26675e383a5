/** The page “Find”: what is looked for, in the view and in its link. */

import { CONCORDANCE_ORDERS, type ConcordanceOrder } from '../data/queries/concordance';
import { MATCHES, type Match } from '../data/queries/matching';
import { SENTENCE_ORDERS, type SentenceOrder, type SentenceSearch, type Span } from '../data/queries/search';

export const FIND_MODES = ['sentences', 'concordance', 'fires', 'nearest'] as const;
export type FindMode = (typeof FIND_MODES)[number];
export const FIRES_BY = ['range', 'unit', 'chip'] as const;

/** The longest text that is searched for: a link must hold it. */
export const LONGEST_TEXT = 200;

export interface FindState {
  mode: FindMode;
  /** Sentences: text, or an expression between slashes. */
  text: string;
  /** Whether the text means whole words, or letters anywhere. */
  match: Match;
  split: string;
  label: number | null;
  verdict: 'any' | 'right' | 'wrong';
  length: Span;
  loss: Span;
  surprise: Span;
  order: SentenceOrder;
  /** Concordance. */
  phrase: string;
  lines: ConcordanceOrder;
  /** Whether the concordance says what each use did to the memory. */
  memory: boolean;
  /** Where does this fire: the brushed range of the sentence, one unit, or the mean of a chip. */
  by: (typeof FIRES_BY)[number];
  unit: number;
  /** Number of the chip as drawn, from 1. */
  chip: number;
  below: boolean;
  /** Null for the side and the threshold that the unit has itself. */
  threshold: number | null;
  run: number;
  /** Whether units of the range must be quiet just before it, and just after it. */
  quietBefore: boolean;
  quietAfter: boolean;
  /** Nearest steps. */
  metric: 'cosine' | 'euclidean';
  onePerSentence: boolean;
}

export const FIND: FindState = {
  mode: 'sentences',
  text: '',
  match: 'words',
  split: '',
  label: null,
  verdict: 'any',
  length: [null, null],
  loss: [null, null],
  surprise: [null, null],
  order: 'corpus',
  phrase: '',
  lines: 'corpus',
  memory: false,
  by: 'unit',
  unit: 0,
  chip: 1,
  below: false,
  threshold: null,
  run: 1,
  quietBefore: true,
  quietAfter: true,
  metric: 'cosine',
  onePerSentence: true,
};

const OF_MODE: Record<FindMode, readonly (keyof FindState)[]> = {
  sentences: ['text', 'match', 'split', 'label', 'verdict', 'length', 'loss', 'surprise', 'order'],
  concordance: ['phrase', 'lines', 'memory'],
  fires: ['below', 'threshold', 'run', 'quietBefore', 'quietAfter'],
  nearest: ['metric', 'onePerSentence'],
};

/** The search for sentences that these choices are. */
export function sentenceSearch(find: FindState): Omit<SentenceSearch, 'limit' | 'offset'> {
  const { text, match, label, split, verdict, length, loss, surprise, order } = find;
  return {
    text,
    match,
    label,
    split: split || null,
    verdict: verdict === 'any' ? null : verdict,
    length,
    loss,
    surprise,
    order,
  };
}

/** What a new search of this kind begins with. */
export function freshFind(mode: FindMode): Partial<FindState> {
  return Object.fromEntries(OF_MODE[mode].map((key) => [key, FIND[key]]));
}

interface Codec<T> {
  write: (value: T) => string;
  /** Throws where the text is none of its values. */
  read: (text: string) => T;
}

const text: Codec<string> = {
  write: encodeURIComponent,
  read(value) {
    const read = decodeURIComponent(value);
    if (read.length > LONGEST_TEXT) throw new Error('too long');
    return read;
  },
};
const flag: Codec<boolean> = {
  write: (value) => (value ? '1' : '0'),
  read: (value) => oneOf(['0', '1']).read(value) === '1',
};

function oneOf<const T extends string>(values: readonly T[]): Codec<T> {
  return {
    write: (value) => value,
    read(value) {
      const found = values.find((item) => item === value);
      if (found === undefined) throw new Error('unknown');
      return found;
    },
  };
}

function number(pattern: RegExp, most: number): Codec<number> {
  return {
    write: (value) => String(Math.round(value * 1e4) / 1e4),
    read(value) {
      if (!pattern.test(value) || Math.abs(Number(value)) > most) throw new Error('not such a number');
      return Number(value);
    },
  };
}

const whole = number(/^\d{1,7}$/, 1_000_000);
const real = number(/^-?\d{1,6}(\.\d{1,6})?$/, 100_000);

function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write: (value) => (value === null ? '' : codec.write(value)),
    read: (value) => (value === '' ? null : codec.read(value)),
  };
}

const span: Codec<Span> = {
  write: ([low, high]) => [low, high].map(optional(real).write).join('~'),
  read(value) {
    const ends = value.split('~').map(optional(real).read);
    if (ends.length !== 2) throw new Error('not two ends');
    return [ends[0]!, ends[1]!];
  },
};

type Row = { [K in keyof FindState]: [K, string, Codec<FindState[K]>] }[keyof FindState];

/** One row a field, with its name in the link. */
const ROWS: readonly Row[] = [
  ['mode', 'm', oneOf(FIND_MODES)],
  ['text', 't', text],
  ['match', 'tm', oneOf(MATCHES)],
  ['split', 's', text],
  ['label', 'l', optional(whole)],
  ['verdict', 'v', oneOf<FindState['verdict']>(['any', 'right', 'wrong'])],
  ['length', 'n', span],
  ['loss', 'x', span],
  ['surprise', 'y', span],
  ['order', 'o', oneOf(SENTENCE_ORDERS)],
  ['phrase', 'p', text],
  ['lines', 'po', oneOf(CONCORDANCE_ORDERS)],
  ['memory', 'pm', flag],
  ['by', 'b', oneOf(FIRES_BY)],
  ['unit', 'u', whole],
  ['chip', 'c', whole],
  ['below', 'w', flag],
  ['threshold', 'h', optional(real)],
  ['run', 'r', whole],
  ['quietBefore', 'qb', flag],
  ['quietAfter', 'qa', flag],
  ['metric', 'd', oneOf<FindState['metric']>(['cosine', 'euclidean'])],
  ['onePerSentence', 'e', flag],
];

/** What differs from the usual, as `name:value` pairs; empty where nothing does. */
export function writeFind(find: FindState): string {
  return ROWS.flatMap(([key, name, codec]) => {
    const written = (codec as Codec<unknown>).write(find[key]);
    const usual = written === (codec as Codec<unknown>).write(FIND[key]);
    // A text without it means letters, as in links of before there were words.
    const said = key === 'match' && find.text !== '' ? written === 'words' : !usual;
    return said ? [`${name}:${written}`] : [];
  }).join(';');
}

/** Reads what `writeFind` wrote. Throws where a part is unknown, stands twice or has a foreign value. */
export function readFind(value: string): FindState {
  const find: Record<string, unknown> = { ...FIND };
  const seen = new Set<string>();
  for (const part of value.split(';').filter(Boolean)) {
    const at = part.indexOf(':');
    const name = part.slice(0, Math.max(0, at));
    const row = ROWS.find(([, known]) => known === name);
    if (!row || seen.has(name)) throw new Error(`“${part.slice(0, 20)}”`);
    seen.add(name);
    find[row[0]] = (row[2] as Codec<unknown>).read(part.slice(at + 1));
  }
  if (seen.has('t') && !seen.has('tm')) find['match'] = 'letters';
  return find as unknown as FindState;
}
