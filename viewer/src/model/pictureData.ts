import type {
  Clustering,
  ModelEntry,
  Sentence,
  SentenceSteps,
  StateEntry,
  StateSequence,
  Vocabulary,
} from '../data/types';
import type { Signal } from '../data/signal';
import type { AnswerMemory } from '../data/answerMemory';
import type { HalfData } from './half';
import type { PairData } from './pair';

/** Ends of scales that several pictures share, so that equal sizes mean equal numbers; each its own where one is missing. */
export interface SharedScales {
  colour?: number;
  /** Strongest block: links from chips to clouds. */
  links?: number;
  /** Largest amount of a chip at any step. */
  step?: number;
  /** |response| of the largest words. */
  words?: number;
}

/** What a picture is made of: data and choices, nothing of the page. Null while something is not there yet. */
export interface PictureData {
  sentence: Sentence | null;
  steps: SentenceSteps | null;
  sequence: StateSequence | null;
  /** What the model was fed, where that is no words. */
  signal?: Signal | null;
  clustering: Clustering | null;
  vocabulary: Vocabulary | null;
  model: ModelEntry | null;
  /** What a step is called: a word, where nothing is said. */
  called?: string;
  state: StateEntry | null;
  focusValues: Float32Array | null;
  /** Weights of the output by unit, where pushes are shown and `focusValues` are pushes; null where what moved is shown. */
  weights: Float32Array | null;
  /** The class whose pushes are shown, of several; null without classes. */
  followed?: number | null;
  /** Links are what words move although pushes are shown: the other picture of a pair has no others. */
  movedLinks?: boolean;
  /** Pinned step. */
  step: number | null;
  /** The sentence beside the first, with its pinned step. */
  second?: PairData | null;
  /** The other one of an encoder and its decoder. */
  half?: HalfData | null;
  /** What of each word is in the answers along the sentence, where that is shown. */
  memory?: AnswerMemory | null;
  /** Units that are followed along the sentence. */
  units?: readonly number[];
  /** Selected words. */
  words: readonly string[];
  /** Unit cluster that sizes all clouds; null for each cloud's strongest. */
  sizedBy: number | null;
  linkThreshold: number;
  linkWidth: number;
  colourScale: 'fit' | 'fixed';
  chipAlign: 'width' | 'height';
  scales?: SharedScales;
  /** Units that the frame of each chip has room for, in draw order, where more than its own. */
  reserve?: readonly number[];
  /** Unit clusters that are switched off in a shown sentence. */
  switched?: ReadonlySet<number>;
}
