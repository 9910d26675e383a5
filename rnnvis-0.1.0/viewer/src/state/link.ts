import { PREFERENCES, UNITS, WORDS } from './defaults';
import { fitsLink as fitsSentence, LONGEST_MADE } from '../data/made';
import { MAP_COLOURS, MAP_ITEMS, MAP_METHODS, readZoom, writeZoom, type Zoom } from './mapView';
import { readApart, writeApart, type Apart } from './apart';
import { readFind, writeFind, type FindState } from './find';
import { PAGE_NAMES } from './pages';
import { readTree, writeTree, type Tree } from './tree';
import { COLUMN_KEYS, LONGEST_FILTER, MEASURE_KEYS, readRange, SORT_KEYS, writeRange } from './unitList';
import type { HeldNumber, SideChoice, ViewState } from './types';

/** A link longer than this is refused unread. */
export const LONGEST = 16_000;
/** Letters that a query may have to be in the link, and what they may take up there. */
export const LONGEST_QUERY = 2000;
const LONGEST_ENCODED_QUERY = 4600;
const LONGEST_WORD = 80;
const PREFIX = 'v1=';
const LAST_STEP = 1_000_000;

export interface Link {
  view: ViewState;
  /** Hash of the model that the link was made with. */
  modelHash: string;
}

/** A link that cannot be followed, with the reason for the person who clicked it. */
export class LinkProblem extends Error {}

function words(list: readonly string[]): string {
  return list.map(encodeURIComponent).join(',');
}

/** The fragment (without `#`) of a view. Choices that stand at their usual value are left out. */
export function writeLink(view: ViewState, modelHash: string): string {
  const fields: [string, string][] = [
    ['d', encodeURIComponent(view.dataset)],
    ['m', encodeURIComponent(view.model)],
    ['h', encodeURIComponent(modelHash)],
    ['s', encodeURIComponent(view.state)],
    ['g', `${encodeURIComponent(view.method)}.${encodeURIComponent(view.selection)}`],
    ['k', String(view.k)],
  ];
  if (view.sentence !== null && fitsSentence(view.sentence)) fields.push(['q', encoded(view.sentence)]);
  if (view.step !== null) fields.push(['t', String(view.step)]);
  if (view.range !== null) fields.push(['r', view.range.join('-')]);
  if (view.sentence2 !== null && fitsSentence(view.sentence2)) fields.push(['q2', encoded(view.sentence2)]);
  if (view.step2 !== null) fields.push(['t2', String(view.step2)]);
  if (view.epoch !== null) fields.push(['e', String(view.epoch)]);
  if (view.towards !== null) fields.push(['a', String(view.towards)]);
  if (view.words.length) fields.push(['w', words(view.words)]);
  if (view.focus !== PREFERENCES.focus) fields.push(['f', view.focus]);
  if (view.shows !== PREFERENCES.shows) fields.push(['sh', view.shows]);
  if (view.focusWord !== null) fields.push(['fw', encodeURIComponent(view.focusWord)]);
  if (view.units.length) fields.push(['u', view.units.join(',')]);
  if (view.memory) fields.push(['am', '1']);
  if (view.page !== PREFERENCES.page) fields.push(['p', view.page]);
  if (view.linkThreshold !== PREFERENCES.linkThreshold) fields.push(['l', String(round(view.linkThreshold))]);
  if (view.linkWidth !== PREFERENCES.linkWidth) fields.push(['lw', String(round(view.linkWidth))]);
  if (view.colourScale !== PREFERENCES.colourScale) fields.push(['cs', view.colourScale]);
  if (view.colourWords !== PREFERENCES.colourWords) fields.push(['cw', view.colourWords]);
  if (view.chipAlign !== PREFERENCES.chipAlign) fields.push(['ca', view.chipAlign]);
  if (view.unitRail !== PREFERENCES.unitRail) fields.push(['ur', String(view.unitRail)]);
  if (view.unitWords !== PREFERENCES.unitWords) fields.push(['uw', view.unitWords]);
  if (view.unitSort !== PREFERENCES.unitSort || view.unitDescending)
    fields.push(['us', `${view.unitDescending ? '-' : ''}${view.unitSort}`]);
  if (view.unitRanges.length) fields.push(['uf', view.unitRanges.map(writeRange).join(',')]);
  if (view.unitText) fields.push(['ut', encoded(view.unitText)]);
  if (view.unitChip !== null) fields.push(['uc', String(view.unitChip)]);
  if (view.unitColumns !== null) fields.push(['uv', view.unitColumns.join(',')]);
  if (view.mapMethod !== PREFERENCES.mapMethod) fields.push(['mm', view.mapMethod]);
  if (view.mapItems !== PREFERENCES.mapItems) fields.push(['mi', view.mapItems]);
  if (view.mapColour !== PREFERENCES.mapColour) fields.push(['mc', view.mapColour]);
  if (view.mapZoom.unit || view.mapZoom.word)
    fields.push(['mz', `${writeZoom(view.mapZoom.unit)},${writeZoom(view.mapZoom.word)}`]);
  if (view.sql && fitsLink(view.sql)) fields.push(['sql', encoded(view.sql)]);
  if (view.b !== null)
    fields.push([
      'b',
      [view.b.dataset, view.b.model, view.b.state].map(encodeURIComponent).join(',') +
        (view.b.epoch === null ? '' : `,${view.b.epoch}`),
    ]);
  if (view.compareLayout !== PREFERENCES.compareLayout) fields.push(['cl', view.compareLayout]);
  if (view.compareOrder !== PREFERENCES.compareOrder) fields.push(['co', view.compareOrder]);
  if (view.apart) fields.push(['ap', writeApart(view.apart)]);
  const tree = view.tree && writeTree(view.tree);
  if (tree) fields.push(['ct', tree]);
  if (view.held !== null) fields.push(['o', writeHeld(view.held)]);
  const find = writeFind(view.find);
  if (find) fields.push(['fi', find]);
  return PREFIX + fields.map(([name, value]) => `${name}=${value}`).join('&');
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Half a surrogate pair cannot be percent-encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

/** Whether a query is short enough for a link. */
export function fitsLink(query: string): boolean {
  return query.length <= LONGEST_QUERY && encoded(query).length <= LONGEST_ENCODED_QUERY;
}

function decode(value: string, at: string, longest = LONGEST_WORD): string {
  let text: string;
  try {
    text = decodeURIComponent(value);
  } catch {
    throw new LinkProblem(`“${at}” is not percent-encoded text`);
  }
  if (text.length > longest) throw new LinkProblem(`“${at}” is too long`);
  return text;
}

function whole(value: string, at: string, most: number): number {
  if (!/^\d{1,7}$/.test(value) || Number(value) > most)
    throw new LinkProblem(`“${at}” must be a whole number up to ${most}`);
  return Number(value);
}

function fraction(value: string, at: string, least: number, most: number): number {
  const number = /^\d{1,2}(\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) throw new LinkProblem(`“${at}” must be a number from ${least} to ${most}`);
  return number;
}

function choice<T extends string>(value: string, at: string, choices: readonly T[]): T {
  const found = choices.find((item) => item === value);
  if (found === undefined) throw new LinkProblem(`“${at}” must be one of ${choices.join(', ')}`);
  return found;
}

function listOf<T>(value: string, at: string, most: number, read: (item: string) => T): T[] {
  const items = value === '' ? [] : value.split(',');
  if (items.length > most) throw new LinkProblem(`“${at}” names more than ${most}`);
  return items.map(read);
}

/** Two steps in order, as `3-5`. */
function span(value: string, at: string): [number, number] {
  const [from, to, ...rest] = value.split('-').map((item) => whole(item, at, LAST_STEP));
  if (from === undefined || to === undefined || rest.length || from > to)
    throw new LinkProblem(`“${at}” must be two steps in order, as 3-5`);
  return [from, to];
}

function side(value: string, at: string): SideChoice {
  const [dataset, model, state, epoch, ...rest] = value.split(',');
  if (!dataset || !model || !state || rest.length)
    throw new LinkProblem(`“${at}” must be a dataset, a model, a state and perhaps an epoch`);
  return {
    dataset: decode(dataset, at),
    model: decode(model, at),
    state: decode(state, at),
    epoch: epoch === undefined ? null : whole(epoch, at, LAST_STEP),
  };
}

function writeHeld({ kind, number, side }: HeldNumber): string {
  return [kind, number, ...(side === 'b' ? [side] : [])].join('.');
}

/** A chip or a cloud by its drawn number, as `chip.3`; `chip.3.b` is one of B. */
function holding(value: string, at: string): HeldNumber {
  const [kind, number, side = 'a', ...rest] = value.split('.');
  if (number === undefined || number === '0' || rest.length)
    throw new LinkProblem(`“${at}” must be a chip or a cloud by its number from 1, as chip.3`);
  return {
    kind: choice(kind ?? '', at, ['chip', 'cloud']),
    number: whole(number, at, 256),
    side: choice(side, at, ['a', 'b']),
  };
}

function found(value: string, at: string): FindState {
  try {
    return readFind(value);
  } catch {
    throw new LinkProblem(`“${at}” is not a search that this version knows`);
  }
}

function tree(value: string, at: string): Tree {
  try {
    return readTree(value);
  } catch {
    throw new LinkProblem(`“${at}” is not a tree of continuations that this version knows`);
  }
}

function apart(value: string, at: string): Apart {
  try {
    return readApart(value);
  } catch {
    throw new LinkProblem(`“${at}” is not a list of sentences that this version knows`);
  }
}

type Field = (value: string, draft: { view: ViewState; modelHash: string }, at: string) => void;

const FIELDS = new Map<string, Field>([
  ['d', (value, draft, at) => (draft.view.dataset = decode(value, at))],
  ['m', (value, draft, at) => (draft.view.model = decode(value, at))],
  ['h', (value, draft, at) => (draft.modelHash = decode(value, at))],
  ['s', (value, draft, at) => (draft.view.state = decode(value, at))],
  [
    'g',
    (value, draft, at) => {
      const [method, selection, ...rest] = value.split('.');
      if (!method || !selection || rest.length) throw new LinkProblem(`“${at}” must be a method and a selection`);
      draft.view.method = decode(method, at);
      draft.view.selection = decode(selection, at);
    },
  ],
  ['k', (value, draft, at) => (draft.view.k = whole(value, at, 255))],
  ['q', (value, draft, at) => (draft.view.sentence = decode(value, at, LONGEST_MADE))],
  ['t', (value, draft, at) => (draft.view.step = whole(value, at, LAST_STEP))],
  ['r', (value, draft, at) => (draft.view.range = span(value, at))],
  ['q2', (value, draft, at) => (draft.view.sentence2 = decode(value, at, LONGEST_MADE))],
  ['t2', (value, draft, at) => (draft.view.step2 = whole(value, at, LAST_STEP))],
  ['e', (value, draft, at) => (draft.view.epoch = whole(value, at, LAST_STEP))],
  ['a', (value, draft, at) => (draft.view.towards = whole(value, at, 65_535))],
  ['w', (value, draft, at) => (draft.view.words = listOf(value, at, WORDS, (item) => decode(item, at)))],
  ['f', (value, draft, at) => (draft.view.focus = choice(value, at, ['step', 'second', 'difference', 'word']))],
  ['sh', (value, draft, at) => (draft.view.shows = choice(value, at, ['pushed', 'moved']))],
  ['fw', (value, draft, at) => (draft.view.focusWord = decode(value, at))],
  ['u', (value, draft, at) => (draft.view.units = listOf(value, at, UNITS, (item) => whole(item, at, 1_000_000)))],
  ['am', (value, draft, at) => (draft.view.memory = choice(value, at, ['0', '1']) === '1')],
  ['p', (value, draft, at) => (draft.view.page = choice(value, at, PAGE_NAMES))],
  ['l', (value, draft, at) => (draft.view.linkThreshold = fraction(value, at, 0, 1))],
  ['lw', (value, draft, at) => (draft.view.linkWidth = fraction(value, at, 0.5, 2))],
  ['cs', (value, draft, at) => (draft.view.colourScale = choice(value, at, ['fit', 'fixed']))],
  ['cw', (value, draft, at) => (draft.view.colourWords = choice(value, at, ['none', 'class', 'cluster', 'speech']))],
  ['ur', (value, draft, at) => (draft.view.unitRail = choice(value, at, ['unit', ...MEASURE_KEYS] as const))],
  ['uw', (value, draft, at) => (draft.view.unitWords = choice(value, at, ['change', 'certainty']))],
  [
    'us',
    (value, draft, at) => {
      draft.view.unitDescending = value.startsWith('-');
      draft.view.unitSort = choice(value.replace(/^-/, ''), at, SORT_KEYS);
    },
  ],
  [
    'uf',
    (value, draft, at) => {
      draft.view.unitRanges = listOf(decode(value, at, 400), at, MEASURE_KEYS.length, (item) => {
        const range = readRange(item);
        if (!range) throw new LinkProblem(`“${at}” must be ranges such as timeScale:2:6`);
        return range;
      });
      if (new Set(draft.view.unitRanges.map(({ key }) => key)).size < draft.view.unitRanges.length)
        throw new LinkProblem(`“${at}” names a measure twice`);
    },
  ],
  ['ut', (value, draft, at) => (draft.view.unitText = decode(value, at, LONGEST_FILTER))],
  ['uc', (value, draft, at) => (draft.view.unitChip = Math.max(1, whole(value, at, 255)))],
  [
    'uv',
    (value, draft, at) => {
      const columns = listOf(value, at, COLUMN_KEYS.length, (item) => choice(item, at, COLUMN_KEYS));
      draft.view.unitColumns = COLUMN_KEYS.filter((key) => columns.includes(key));
    },
  ],
  ['mm', (value, draft, at) => (draft.view.mapMethod = choice(value, at, MAP_METHODS))],
  ['mi', (value, draft, at) => (draft.view.mapItems = choice(value, at, MAP_ITEMS))],
  ['mc', (value, draft, at) => (draft.view.mapColour = choice(value, at, MAP_COLOURS))],
  [
    'mz',
    (value, draft, at) => {
      const [unit, word] = listOf(value, at, 2, (item): Zoom | null => {
        const zoom = readZoom(item);
        if (zoom === undefined) throw new LinkProblem(`“${at}” must be two zooms such as 0.1:-0.2:3`);
        return zoom;
      });
      draft.view.mapZoom = { unit: unit ?? null, word: word ?? null };
    },
  ],
  ['sql', (value, draft, at) => (draft.view.sql = decode(value, at, LONGEST_QUERY))],
  ['ca', (value, draft, at) => (draft.view.chipAlign = choice(value, at, ['width', 'height']))],
  ['b', (value, draft, at) => (draft.view.b = side(value, at))],
  ['cl', (value, draft, at) => (draft.view.compareLayout = choice(value, at, ['mirror', 'overlay']))],
  ['co', (value, draft, at) => (draft.view.compareOrder = choice(value, at, ['match', 'own']))],
  ['ap', (value, draft, at) => (draft.view.apart = apart(value, at))],
  ['ct', (value, draft, at) => (draft.view.tree = tree(value, at))],
  ['o', (value, draft, at) => (draft.view.held = holding(value, at))],
  ['fi', (value, draft, at) => (draft.view.find = found(value, at))],
]);

/** The view in a fragment; null where the fragment is not one of ours (an anchor of the page). Throws `LinkProblem`. */
export function readLink(fragment: string, base: ViewState): Link | null {
  const text = fragment.replace(/^#/, '');
  if (!/^v\d+=/.test(text)) return null;
  if (text.length > LONGEST) throw new LinkProblem('it is too long');
  if (!text.startsWith(PREFIX)) throw new LinkProblem('it was made by a newer version of the explorer');
  const draft = {
    view: {
      ...base,
      ...PREFERENCES,
      units: [],
      unitRanges: [],
      words: [] as string[],
      sentence: null,
      step: null,
    } as ViewState,
    modelHash: '',
  };
  const seen = new Set<string>();
  for (const pair of text.slice(PREFIX.length).split('&')) {
    if (!pair) continue;
    const at = pair.slice(0, Math.max(0, pair.indexOf('=')));
    const read = FIELDS.get(at);
    if (!read) throw new LinkProblem(`it has a part that this version does not know: “${pair.slice(0, 20)}”`);
    if (seen.has(at)) throw new LinkProblem(`“${at}” stands in it twice`);
    seen.add(at);
    read(pair.slice(at.length + 1), draft, at);
  }
  return draft;
}
