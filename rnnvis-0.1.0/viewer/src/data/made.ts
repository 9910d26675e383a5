/** Sentences that are made in the page, as keys: what is read, and which part of the memory is held meanwhile. */

/** Letters at most of a text that is typed. */
export const LONGEST_TYPED = 20_000;
/** Words at most that the page runs. */
export const MOST_WORDS = 500;
/** What a key may take up in a link, percent-encoded. */
export const LONGEST_MADE = 2600;

/** What is put in the place of a part of the state. */
export type Instead = 'zero' | 'mean' | 'previous' | { times: number } | { carried: { key: string; step: number } };

/** Units of a state that are held while the sentence is read. */
export interface Switch {
  state: string;
  units: readonly number[];
  instead: Instead;
  /** First step at which they are held. What is carried in is held there alone, else to the end. */
  first: number;
}

/** What is read: a text as it is typed, words one by one, or a published sentence. */
export type Base = { text: string } | { words: readonly string[] } | { key: string };

export interface Made {
  base: Base;
  switches: readonly Switch[];
  /** What somebody says is right, by its number; a published sentence has a label of its own. */
  label: number | null;
  /** Published sentence whose words these were: they are read from where that one starts. Absent: from an empty memory. */
  start?: string;
}

type Kind = 'typed' | 'words' | 'with';
const KEY = /^(typed|words|with):([^:]*):([^]*)$/;
const LARGEST = 1_000_000;
const MOST_UNITS = 100_000;

export function isMade(key: string | null): key is string {
  return key !== null && KEY.test(key);
}

/** A sentence as it was published, where nothing is changed of it. */
export function writeMade({ base, switches, label, start }: Made): string {
  const parts = [
    ...switches.map(writeSwitch),
    ...(label === null ? [] : [`label,${label}`]),
    ...(start === undefined || 'key' in base ? [] : [`start,${encodeURIComponent(start)}`]),
  ].join(';');
  if ('key' in base) return parts ? `with:${parts}:${base.key}` : base.key;
  return 'text' in base ? `typed:${parts}:${base.text}` : `words:${parts}:${base.words.join('\n')}`;
}

/** What a key says; null of a key that is not of this form, as those of published sentences. */
export function readMade(key: string): Made | null {
  const [, kind, parts, content] = KEY.exec(key) ?? [];
  if (kind === undefined || parts === undefined || content === undefined) return null;
  const made: { base: Base; switches: Switch[]; label: number | null; start?: string } = {
    base: baseOf(kind as Kind, content),
    switches: [],
    label: null,
  };
  for (const part of parts ? parts.split(';') : []) {
    const label = /^label,(\d{1,5})$/.exec(part)?.[1];
    const start = decoded(/^start,([^,]+)$/.exec(part)?.[1] ?? '');
    const found = label === undefined && !start ? readSwitch(part) : null;
    if (label !== undefined) made.label = Number(label);
    else if (start && kind !== 'with') made.start = start;
    else if (found) made.switches.push(found);
    else return null;
  }
  return made;
}

/** Any key as what it says: one of a published sentence is that sentence with nothing held. */
export function madeOf(key: string): Made {
  return readMade(key) ?? { base: { key }, switches: [], label: null };
}

/** The same sentence with nothing held. */
export function unswitched(key: string): string {
  const made = readMade(key);
  return made ? writeMade({ ...made, switches: [] }) : key;
}

/** Whether a key is short enough for a link; those of published sentences always are. */
export function fitsLink(key: string): boolean {
  return !isMade(key) || encodeURIComponent(whole(key)).length <= LONGEST_MADE;
}

/** Text without what cannot be written: control characters and halves of surrogate pairs. */
export function legible(text: string): string {
  return whole(text).replace(/\p{Cc}+/gu, ' ');
}

function whole(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function baseOf(kind: Kind, content: string): Base {
  if (kind === 'with') return { key: content };
  if (kind === 'typed') return { text: content };
  return { words: content === '' ? [] : content.split('\n') };
}

function writeSwitch({ state, units, instead, first }: Switch): string {
  return [encodeURIComponent(state), writeInstead(instead), runs(units), first].join(',');
}

function writeInstead(instead: Instead): string {
  if (typeof instead === 'string') return instead;
  return 'times' in instead
    ? `x${Math.round(1000 * instead.times) / 1000}`
    : `from.${instead.carried.step}.${encodeURIComponent(whole(instead.carried.key))}`;
}

function readSwitch(part: string): Switch | null {
  const [name, value, numbers, from, ...rest] = part.split(',');
  if (!name || !value || !numbers || !from || rest.length || !/^\d{1,7}$/.test(from)) return null;
  const state = decoded(name);
  const instead = readInstead(value);
  const units = unitsOf(numbers);
  return state && instead && units ? { state, units, instead, first: Number(from) } : null;
}

function readInstead(value: string): Instead | null {
  if (value === 'zero' || value === 'mean' || value === 'previous') return value;
  const times = /^x(\d{1,2}(?:\.\d{1,3})?)$/.exec(value)?.[1];
  if (times !== undefined) return { times: Number(times) };
  const [, step, of] = /^from\.(\d{1,7})\.(.+)$/.exec(value) ?? [];
  const key = of === undefined ? null : decoded(of);
  return step === undefined || !key ? null : { carried: { key, step: Number(step) } };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** `1.4.9-12`: numbers in order, neighbours as a run. */
function runs(units: readonly number[]): string {
  const sorted = [...new Set(units)].sort((a, b) => a - b);
  const found: [number, number][] = [];
  for (const unit of sorted) {
    const last = found.at(-1);
    if (last && last[1] === unit - 1) last[1] = unit;
    else found.push([unit, unit]);
  }
  return found.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join('.');
}

function unitsOf(text: string): number[] | null {
  const units: number[] = [];
  for (const run of text.split('.')) {
    const [, from, to = from] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(run) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === undefined || last < first || last > LARGEST || units.length + last - first >= MOST_UNITS) return null;
    for (let unit = first; unit <= last; unit++) units.push(unit);
  }
  return units;
}
