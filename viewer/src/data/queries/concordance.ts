import type { Source } from '../source';
import type { DatasetEntry, ModelEntry, StateEntry } from '../types';
import { foldedText } from '../folding';
import { corpusLines, corpusSteps, corpusSurfaces, firstRows } from './corpusLines';
import { memoryAt } from './memory';

export const CONCORDANCE_ORDERS = [
  'corpus',
  'left',
  'right',
  'surprise',
  'loss',
  'rising',
  'falling',
  'kept',
  'change',
] as const;
export type ConcordanceOrder = (typeof CONCORDANCE_ORDERS)[number];

export interface ConcordanceSearch {
  /** The words of the phrase, as the corpus cuts them. */
  words: readonly string[];
  order: ConcordanceOrder;
  /** Null for all. */
  limit: number | null;
  offset: number;
  /** The state whose memory is measured at each hit; null for none. */
  memory?: StateEntry | null;
}

/** One place where the phrase stands: steps `step` to `step + length − 1`; its numbers are those of the last of them. */
export interface ConcordanceHit {
  id: number;
  key: string;
  split: string;
  label: number | null;
  step: number;
  surface: string[];
  push: number | null;
  loss: number | null;
  surprise: number | null;
  /** Share of the memory kept at the step, and the Euclidean norm of its change; null where not asked for or not published. */
  kept: number | null;
  change: number | null;
}

export interface Concordance {
  total: number;
  /** Numbers of the sentences that have it, each once. */
  ids: number[];
  hits: ConcordanceHit[];
  /** Whether the numbers of the hits are there, where they were published. */
  whole: boolean;
}

/** Orders that need nothing of what the model did. */
const OF_TEXT: readonly ConcordanceOrder[] = ['corpus', 'left', 'right'];

/** Every place of the corpus where the words stand in a row; where their order needs no more, `early` has them without numbers first. */
export async function findPhrase(
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  stateIndex: number,
  search: ConcordanceSearch,
  signal?: AbortSignal,
  early?: (found: Concordance) => void,
): Promise<Concordance> {
  const words = search.words.map(foldedText);
  if (!words.length) return { total: 0, ids: [], hits: [], whole: true };
  const [lines, surfaces] = await Promise.all([corpusLines(source, dataset), corpusSurfaces(source, dataset)]);
  const places = placesOf(words, surfaces);
  if (early && OF_TEXT.includes(search.order)) early(listed(null, null, false));
  const steps = await stepsOf(source, model, stateIndex);
  const memory = search.memory ? await memoryOf(source, search.memory, lines.id, places, words.length, signal) : null;
  signal?.throwIfAborted();
  return listed(steps, memory, true);

  function listed(steps: Steps | null, memory: Map<string, Memory> | null, whole: boolean): Concordance {
    const hits = places.map(({ at, step }): Placed => {
      const id = lines.id[at]!;
      const surface = surfaces[at]!;
      const last = step + words.length - 1;
      const row = steps?.row(id, last) ?? -1;
      return {
        at,
        id,
        step,
        push: steps?.push[row] ?? null,
        loss: steps?.loss[row] ?? null,
        surprise: steps?.surprise(row) ?? null,
        kept: memory?.get(`${id} ${last}`)?.kept ?? null,
        change: memory?.get(`${id} ${last}`)?.change ?? null,
        before: step > 0 ? foldedText(surface[step - 1]!) : null,
        after: last + 1 < surface.length ? foldedText(surface[last + 1]!) : null,
      };
    });
    const compare = ORDERS[search.order];
    hits.sort((a, b) => compare(a, b) || a.id - b.id || a.step - b.step);
    return {
      total: hits.length,
      ids: [...new Set(hits.map(({ id }) => id))],
      hits: hits
        .slice(search.offset, search.limit === null ? undefined : search.offset + search.limit)
        .map(({ at, id, step, push, loss, surprise, kept, change }) => ({
          id,
          key: lines.key[at]!,
          split: lines.split[at]!,
          label: lines.label[at] ?? null,
          step,
          surface: Array.from(surfaces[at]!),
          push,
          loss,
          surprise,
          kept,
          change,
        })),
      whole,
    };
  }
}

interface Placed extends Pick<ConcordanceHit, 'id' | 'step' | 'push' | 'loss' | 'surprise' | 'kept' | 'change'> {
  /** Place of the sentence among the lines. */
  at: number;
  before: string | null;
  after: string | null;
}

/** Numbers first, the largest or the smallest of them first. */
function byNumber(of: (hit: Placed) => number | null, sign: 1 | -1): (a: Placed, b: Placed) => number {
  return (a, b) => {
    const [x, y] = [of(a), of(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  };
}

/** By a neighbour, hits without one first. */
function byText(of: (hit: Placed) => string | null): (a: Placed, b: Placed) => number {
  return (a, b) => {
    const [x, y] = [of(a), of(b)];
    if (x === null || y === null) return Number(y === null) - Number(x === null);
    return x < y ? -1 : x > y ? 1 : 0;
  };
}

const ORDERS: Record<ConcordanceOrder, (a: Placed, b: Placed) => number> = {
  corpus: () => 0,
  left: byText(({ before }) => before),
  right: byText(({ after }) => after),
  surprise: byNumber(({ surprise }) => surprise, -1),
  loss: byNumber(({ loss }) => loss, -1),
  rising: byNumber(({ push }) => push, -1),
  falling: byNumber(({ push }) => push, 1),
  kept: byNumber(({ kept }) => kept, 1),
  change: byNumber(({ change }) => change, -1),
};

/** Where these forms stand in a row: place of the sentence among the lines, and the first step. */
function placesOf(words: readonly string[], surfaces: readonly ArrayLike<string>[]): { at: number; step: number }[] {
  const forms = new Map<string, string>();
  const form = (written: string): string => {
    const known = forms.get(written) ?? foldedText(written);
    forms.set(written, known);
    return known;
  };
  return surfaces.flatMap((surface, at) => {
    const found: { at: number; step: number }[] = [];
    for (let step = 0; step + words.length <= surface.length; step += 1)
      if (words.every((word, i) => form(surface[step + i]!) === word)) found.push({ at, step });
    return found;
  });
}

interface Steps {
  push: (number | null)[];
  loss: (number | null)[];
  surprise: (row: number) => number | null;
  /** Row of a step; undefined where it was not published. */
  row: (sentence: number, step: number) => number | undefined;
}

/** What the model did at each step, with the surprise of the state number `index`; null where that was not published. */
async function stepsOf(source: Source, model: ModelEntry, index: number): Promise<Steps | null> {
  const table = source.table(model, 'steps');
  if (!table) return null;
  const of = await corpusSteps(source, model);
  const first = firstRows(of.sentence_id);
  const row = (sentence: number, step: number): number | undefined => {
    let at = first.get(sentence);
    while (at !== undefined && of.sentence_id[at] === sentence) {
      if (of.step[at] === step) return at;
      at += 1;
    }
    return undefined;
  };
  return {
    push: of.push,
    loss: of.loss,
    surprise: (at) => of.surprise[at]?.[index] ?? null,
    row,
  };
}

interface Memory {
  kept: number | null;
  change: number | null;
}

/** What the last step of each hit did to the memory: a scan of the states, for which the engine starts. */
async function memoryOf(
  source: Source,
  state: StateEntry,
  ids: Int32Array,
  places: readonly { at: number; step: number }[],
  length: number,
  signal?: AbortSignal,
): Promise<Map<string, Memory>> {
  if (!places.length) return new Map();
  const database = await source.database();
  const wanted = places.map(({ at, step }) => `(${ids[at]!}, ${step + length - 1})`).join(', ');
  const sql = await memoryAt(source, database, state, `SELECT * FROM (VALUES ${wanted}) wanted(sentence_id, step)`);
  const rows = await database.query<Memory & { id: number; step: number }>(
    `SELECT sentence_id AS id, step, kept, change FROM (${sql})`,
    [],
    signal,
  );
  return new Map(rows.map(({ id, step, kept, change }) => [`${id} ${step}`, { kept, change }]));
}
