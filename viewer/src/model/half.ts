import type {
  Clustering,
  ModelEntry,
  Sentence,
  SentenceSteps,
  StateEntry,
  StateSequence,
  Vocabulary,
} from '../data/types';
import type { PictureData } from './pictureData';
import type { Scene } from './scene';
import type { SequenceScene } from './sequenceScene';

/** The other one of an encoder and its decoder, along the same sentence. */
export interface HalfData {
  sentence: Sentence;
  steps: SentenceSteps | null;
  sequence: StateSequence | null;
  clustering: Clustering | null;
  vocabulary: Vocabulary | null;
  model: ModelEntry;
  state: StateEntry;
  /** What a step of it is called. */
  called?: string;
  /** Whether it is the encoder, which stands above what is shown. */
  above: boolean;
}

/** Rows between what was read and what is said: the state that is handed over. */
export const BAND = 2;

/** What goes from a chip of the encoder to one of the decoder: the units that are in both. */
export interface Flow {
  /** Unit cluster of the encoder, and of the decoder. */
  from: number;
  to: number;
  units: number;
  /** Sum of |state| over these units. */
  amount: number;
  width: number;
  /** Whether it is one of the widest that carry half of all: the others are drawn faint. */
  strong: boolean;
  /** Middle of its upper and of its lower end. */
  x0: number;
  x1: number;
}

/** The other one of an encoder and its decoder, above or under what is shown, in the same column. */
export interface HalfScene {
  above: boolean;
  sequence: SequenceScene;
  /** Drawn number of each of its unit clusters. */
  numbers: Map<number, number>;
  /** The state that is handed over; null where it is not the encoder's last one, unit by unit, or is not known. */
  flows: Flow[] | null;
  /** Where the rows of the encoder end, from the top of the scrolled content. */
  top: number;
}

/** The data with the other one of an encoder and its decoder in the first place: nothing is pinned or chosen in it. */
export function turned(data: PictureData, half: HalfData): PictureData {
  const none = { weights: null, focusValues: null, step: null, memory: null, units: [], signal: null };
  const { sentence, model, state } = data;
  const other = { ...data, sentence: sentence!, model: model!, state: state!, above: !half.above, called: data.called };
  return { ...data, ...half, ...none, called: half.called, half: other };
}

/** The scene with the other one of an encoder and its decoder in the first place: what works for one works for both. */
export function halfSide(scene: Scene): Scene {
  const { half, columns: place } = scene;
  return half
    ? { ...scene, sequence: half.sequence, numbers: half.numbers, columns: { ...place, sequence: place.half ?? null } }
    : scene;
}
