/** From published rows to the shapes that views know. */

import { unitFigures } from './figures';
import type {
  AttentionRow,
  BlockMeansRow,
  ClusterLabelsRow,
  ClusterQualityRow,
  ClusterSummariesRow,
  SentencesRow,
  StatesRow,
  StepsRow,
  UnitsRow,
  WordStrengthsRow,
} from './schema';
import type {
  ClusterSide,
  ClusterSummary,
  Clustering,
  Explained,
  NextWords,
  Sentence,
  SentenceAttention,
  SentenceSteps,
  StateSequence,
  UnitRow,
} from './types';

export function floats(values: ArrayLike<number>): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

export function decodeSentence(row: Omit<SentencesRow, 'source' | 'length' | 'document' | 'tags'>): Sentence {
  return {
    id: row.sentence_id,
    key: row.key,
    split: row.split,
    label: row.label ?? null,
    score: row.score ?? null,
    text: row.text,
    tokens: Int32Array.from(row.tokens),
    surface: [...row.surface],
  };
}

/** Whether a state reads from the last word to the first. */
export function isReversed(state: { name: string }): boolean {
  return state.name.includes('.reverse.');
}

/** Rows in step order; a row of step −1 holds the state that the sentence starts from, which is zero otherwise. */
export function decodeStates(
  rows: Pick<StatesRow, 'step' | 'value'>[],
  units: number,
  reversed = false,
): StateSequence {
  const carried = rows.find(({ step }) => step < 0);
  const after = carried ? rows.filter(({ step }) => step >= 0) : rows;
  const values = new Float32Array(after.length * units);
  after.forEach(({ value }, step) => values.set(value, step * units));
  return {
    length: after.length,
    units,
    initial: carried ? floats(carried.value) : new Float32Array(units),
    values,
    ...(reversed && { reversed }),
  };
}

export const STEP_COLUMNS = [
  'loss',
  'p_target',
  'p_class',
  'top5_id',
  'top5_p',
  'value',
  'target',
  'push',
  'pushes',
  'surprise',
] as const;
type StepColumns = Pick<StepsRow, (typeof STEP_COLUMNS)[number]>;

function decodeNext(rows: StepColumns[]): NextWords | null {
  const count = rows[0]?.top5_id?.length ?? 0;
  if (!count || !rows.every((row) => row.top5_id?.length === count && row.top5_p?.length === count)) return null;
  return {
    p: Float32Array.from(rows, (row) => row.p_target ?? Number.NaN),
    count,
    ids: Int32Array.from(rows.flatMap((row) => Array.from(row.top5_id!))),
    probabilities: Float32Array.from(rows.flatMap((row) => Array.from(row.top5_p!))),
  };
}

/** `chosen`: the class to follow of more than two; the last one by default. */
export function decodeSteps(rows: StepColumns[], stateIndex: number, chosen: number | null = null): SentenceSteps {
  const any = (column: keyof StepColumns): boolean =>
    rows.some((row) => row[column] !== null && row[column] !== undefined);
  const numbers = (column: 'loss' | 'value'): Float32Array | null =>
    any(column) ? Float32Array.from(rows, (row) => row[column] ?? Number.NaN) : null;
  const classes = rows.reduce((most, row) => Math.max(most, row.p_class?.length ?? 0), 0);
  const followed = chosen === null || classes < 3 ? classes - 1 : Math.min(chosen, classes - 1);
  const pClass = classes > 0 ? new Float32Array(rows.length * classes).fill(Number.NaN) : null;
  rows.forEach((row, step) => pClass?.set(row.p_class ?? [], step * classes));
  const pushOf = (row: StepColumns): number | null => row.push ?? row.pushes?.[followed] ?? null;
  const pushed = rows.some((row) => pushOf(row) !== null);
  return {
    length: rows.length,
    pClass,
    classes,
    followed: Math.max(0, followed),
    value: numbers('value'),
    target: any('target') ? Int32Array.from(rows, (row) => row.target ?? -1) : null,
    push: pushed ? Float32Array.from(rows, (row) => pushOf(row) ?? Number.NaN) : null,
    loss: numbers('loss'),
    next: decodeNext(rows),
    surprise: any('surprise') ? Float32Array.from(rows, (row) => row.surprise?.[stateIndex] ?? Number.NaN) : null,
  };
}

/** The attention along a sentence of `length` words; null without a row. Pooling has one row, at the last step. */
export function decodeAttention(
  rows: Pick<AttentionRow, 'step' | 'weight'>[],
  length: number,
): SentenceAttention | null {
  if (!rows.length) return null;
  return {
    pooled: rows.length === 1 && rows[0]!.step === length - 1 && length > 1,
    weights: new Map(rows.map((row) => [row.step, floats(row.weight)])),
  };
}

type ExplainedColumns = Partial<Record<'explained_word' | 'explained_pair' | 'explained_position', number | null>>;

/** What the word and more explain; null where the data are older, or nothing could be held out. */
function decodeExplained(row: ExplainedColumns): Explained | null {
  const { explained_word: word, explained_pair: pair, explained_position: position } = row;
  return typeof word === 'number' && typeof pair === 'number' && typeof position === 'number'
    ? { word, pair, position }
    : null;
}

interface ClusteringRows {
  labels: Pick<ClusterLabelsRow, 'side' | 'ids' | 'labels' | 'order'>[];
  blocks: Pick<BlockMeansRow, 'mean' | 'push' | 'pushes'>[];
  strengths: Pick<WordStrengthsRow, 'strength'>[];
  summaries: (Pick<
    ClusterSummariesRow,
    'side' | 'cluster' | 'size' | 'stability' | 'purity_class' | 'effect' | 'effects'
  > &
    ExplainedColumns)[];
  quality: (Pick<ClusterQualityRow, 'held_out_r2' | 'bound' | 'sign_coherence' | 'ari_words' | 'ari_units'> &
    ExplainedColumns)[];
}

/** The grouping, or null where a row of it is missing. */
export function decodeClustering(
  of: { method: string; selection: string; k: number },
  rows: ClusteringRows,
): Clustering | null {
  const words = decodeSide('words', rows);
  const units = decodeSide('units', rows);
  const [block] = rows.blocks;
  const [strength] = rows.strengths;
  const [quality] = rows.quality;
  if (!words || !units || !block || !strength || !quality) return null;
  return {
    ...of,
    words,
    units,
    blockMeans: floats(block.mean),
    blockPushes: published(block),
    strengths: floats(strength.strength),
    quality: {
      heldOutR2: quality.held_out_r2,
      bound: quality.bound,
      signCoherence: quality.sign_coherence,
      ariWords: quality.ari_words,
      ariUnits: quality.ari_units,
      explained: decodeExplained(quality),
    },
  };
}

function published({ push, pushes }: Pick<BlockMeansRow, 'push' | 'pushes'>): Float32Array | null {
  const known = push ?? pushes;
  return known?.length ? floats(known) : null;
}

/** A state that was not grouped: all its units in one chip, and no clouds of words. */
export function ungrouped(units: number, of: { method: string; selection: string; k: number }): Clustering {
  const nothing = new Float32Array(0);
  const summary: ClusterSummary = {
    cluster: 0,
    size: units,
    stability: null,
    purityClass: null,
    effect: null,
    effects: null,
  };
  return {
    ...of,
    words: { ids: new Int32Array(0), labels: new Uint8Array(0), order: [], summaries: [] },
    units: {
      ids: Int32Array.from({ length: units }, (_, unit) => unit),
      labels: new Uint8Array(units),
      order: [0],
      summaries: [summary],
    },
    blockMeans: nothing,
    strengths: nothing,
    quality: null,
  };
}

function decodeSide(side: 'words' | 'units', rows: ClusteringRows): ClusterSide | null {
  const labels = rows.labels.find((row) => row.side === side);
  if (!labels) return null;
  const summaries: ClusterSummary[] = rows.summaries
    .filter((row) => row.side === side)
    .map((row) => ({
      cluster: row.cluster,
      size: row.size,
      stability: row.stability ?? null,
      purityClass: row.purity_class ?? null,
      effect: row.effect ?? null,
      explained: decodeExplained(row),
      effects: row.effects ? floats(row.effects) : null,
    }));
  return {
    ids: Int32Array.from(labels.ids),
    labels: Uint8Array.from(labels.labels),
    order: Array.from(labels.order),
    summaries,
  };
}

/** A row of `units`, as far as it holds one value a unit, with the words that move it. */
export function decodeUnit(
  row: Parameters<typeof unitFigures>[0] & Pick<UnitsRow, 'top_words' | 'bottom_words'>,
): UnitRow {
  return Object.assign(unitFigures(row), {
    topWords: Int32Array.from(row.top_words),
    bottomWords: Int32Array.from(row.bottom_words),
  });
}
