/** What the explorer works with in memory, decoded from the published tables. The only shapes that views know. */

import type { Aged } from './streams';
import type { FEATURES, UnitFigures } from './figures';

export type {
  DatasetEntry,
  DefaultView,
  EpochEntry,
  ExcerptSlice,
  FirstViewFile,
  Manifest,
  ModelEntry,
  StateEntry,
  TableEntry,
  TableFile,
} from './manifestSchema';

export interface Vocabulary {
  text: string[];
  count: Float64Array;
  special: boolean[];
  classAssociation: (number | null)[];
  /** By word number: the part of speech of most uses, and their share. Absent where no word was tagged. */
  speech?: { part: (string | null)[]; share: (number | null)[] } | null;
  /** Exact text to word id. */
  id: Map<string, number>;
}

export interface Sentence {
  id: number;
  key: string;
  split: string;
  label: number | null;
  score: number | null;
  text: string;
  tokens: Int32Array;
  surface: string[];
}

/** Model outputs along one sentence; arrays have one entry a step. */
export interface SentenceSteps {
  length: number;
  /** Class probabilities, row-major [steps × classes], NaN where a step has none; null where no step has. */
  pClass: Float32Array | null;
  classes: number;
  /** The class that pages follow, from 0. */
  followed: number;
  /** The number that is the answer, NaN where a step has none; null of models with other answers. */
  value: Float32Array | null;
  /** What is right after each step, a class or a tag; −1 where that is not known; null where it never is. */
  target: Int32Array | null;
  /** What each word pushed the score of the followed class by, or the number; NaN where a step has none. */
  push: Float32Array | null;
  /** −ln of the probability of the label, the tag or the next word, in nats; NaN where a step has none. */
  loss: Float32Array | null;
  /** A language model's guesses about the word after each step; null for other models. */
  next: NextWords | null;
  /** Percentile 0–100 of each step's surprise, for the state asked for. */
  surprise: Float32Array | null;
  /** What the model weighed, where it has attention that was published for this sentence. */
  attention?: SentenceAttention | null;
}

/** Attention paid to the words of a sentence. */
export interface SentenceAttention {
  /** Whether the words were read once, after the last one (pooling), or anew at every step. */
  pooled: boolean;
  /** Weight of every position, by the step that pays it. */
  weights: ReadonlyMap<number, Float32Array>;
}

/** What a language model expects after each step. */
export interface NextWords {
  /** Probability given to the word that came; NaN where none came. */
  p: Float32Array;
  /** The likeliest words, likeliest first, so many a step. */
  count: number;
  ids: Int32Array;
  probabilities: Float32Array;
}

/**
 * One state along one sentence: row-major [steps × units]. The state before step 0 is `initial`; of a `reversed` one, which
 * reads from the last word to the first, it is the state before the last step.
 */
export interface StateSequence {
  length: number;
  units: number;
  initial: Float32Array;
  values: Float32Array;
  reversed?: boolean;
  /** Whether the model in the page worked it out, because the states of the sentence are not published. */
  workedOut?: boolean;
}

export interface WordResponse {
  wordId: number;
  count: number;
  reliability: number | null;
  norm: number;
  mean: Float32Array;
  standardError: Float32Array | null;
}

/** Per unit; null tables mean that the word is too rare for quantiles. */
export interface Quantiles {
  q09: Float32Array;
  q25: Float32Array;
  q50: Float32Array;
  q75: Float32Array;
  q91: Float32Array;
}

export interface WordEffect {
  count: number;
  effect: number;
  push: number;
  pushStandardError: number | null;
  quantiles: [number, number, number, number, number];
}

/** Held-out shares of the changes of units that means explain: of words, of pairs with the word before, of words and positions. */
export interface Explained {
  word: number;
  pair: number;
  position: number;
}

export interface ClusterSummary {
  cluster: number;
  size: number;
  /** Best Jaccard between the halves' clusterings; below .5 is drawn as unstable. */
  stability: number | null;
  purityClass: number | null;
  effect: number | null;
  /** Of a cluster of units, where it was measured. */
  explained?: Explained | null;
  /** The same for each of more than two classes. */
  effects?: Float32Array | null;
}

export interface ClusterQuality {
  heldOutR2: number;
  bound: number;
  signCoherence: number;
  ariWords: number;
  ariUnits: number;
  /** Of all clustered units together. */
  explained?: Explained | null;
}

export interface ClusterSide {
  ids: Int32Array;
  labels: Uint8Array;
  /** Clusters from top to bottom. Drawn numbers are positions in this order, from 1. */
  order: number[];
  summaries: ClusterSummary[];
}

/** One co-clustering: everything that chips, clouds and links need. */
export interface Clustering {
  method: string;
  selection: string;
  k: number;
  words: ClusterSide;
  units: ClusterSide;
  /** Row-major [word clusters × unit clusters]. */
  blockMeans: Float32Array;
  /** The same of what the words push through the units, for each of several classes one after another; null where not published. */
  blockPushes?: Float32Array | null;
  /** Row-major [words.ids × unit clusters]: mean response of a word over each unit cluster. */
  strengths: Float32Array;
  /** Null where nothing was grouped: all units in one chip, and no clouds. */
  quality: ClusterQuality | null;
}

/** Something of a step that units may tell: of the word read, of its sentence, or of its place there. */
export type Feature = keyof typeof FEATURES;

/** What the state of a unit tells about a feature of the step, in bits. */
export interface Told {
  bits: number;
  /** What the same gives by chance, with the feature shuffled. */
  shuffled: number;
  /** Values of the feature at which its mean state is highest and lowest. */
  highest: string;
  lowest: string;
}

/** What happens to the loss without something, in nats. */
export interface Without {
  increase: number;
  standardError: number | null;
}

export interface UnitRow extends UnitFigures {
  topWords: Int32Array;
  bottomWords: Int32Array;
  /** By feature; absent where it was not asked for or not measured. */
  told?: Partial<Record<Feature, Told>>;
  without?: Without | null;
  /** In the oldest streams, where states are carried. */
  oldest?: Aged | null;
}

/** Steps in each bin of a unit's state, and the borders of the bins: one more than bins. */
export interface UnitHistogram {
  unit: number;
  counts: number[];
  edges: Float32Array;
}

export interface UnitContext {
  unit: number;
  sign: 1 | -1;
  rank: number;
  sentenceId: number;
  step: number;
  value: number;
}
