/** What is asked of a model that runs in the page, and what it says. */

import type { Means } from '../data/answer';
import type { SentenceSteps, StateSequence } from '../data/types';
import type { Handed, SpecWords } from './parts';

/** Units of a state that are held after steps: whatever reads the state from there on, reads what is held. */
export interface Held {
  /** Name of the state, 'rnn.0.h'. */
  state: string;
  units: readonly number[];
  /** 'previous': what each unit was before the step; an array: one number a unit. Absent where `scale` is given. */
  value?: 'zero' | 'previous' | Float32Array;
  /** Instead of a value: the state times this. */
  scale?: number;
  /**
   * Words between which they are held, both included, in the order in which the state reads: of a state that reads
   * backwards `first` is the later word. Absent: from where the state starts, to where it ends.
   */
  first?: number;
  last?: number;
}

export interface Ask {
  /** Word ids, one a step, start and end tokens included where the model reads them. Without words: the number of `vectors`. */
  tokens: Int32Array;
  /** Inputs of a model that reads vectors: row-major [steps × size]. */
  vectors?: Float32Array;
  /** The number of a published sentence, whose vectors came along with such a model. */
  sentence?: number;
  /** Whose sequence and gates are wanted. */
  state: string;
  /** Later ones are applied after earlier ones. */
  held?: readonly Held[];
  /** What the sequence starts from, by state; zeros, or what the model starts from, where absent. */
  initial?: Readonly<Record<string, Float32Array>>;
  /** How many likeliest next words a step, of a language model; 5 by default. */
  next?: number;
  /** The class whose P and push are followed; the last one by default. */
  followed?: number | null;
  /** What is right: the label, or the class, tag or word after each step (−1: not known). Next words are the tokens themselves, unless they are given. */
  target?: Int32Array | number | null;
  gates?: boolean;
  /** Steps after which an answer is wanted, both included; all by default. The others have none. */
  answered?: { first: number; last: number };
  /** What `without` scores; see there. */
  score?: { step: number; id: number };
  /** A newer run of a lane cancels the older one; runs of other lanes go on. */
  lane?: string;
}

export interface Ran {
  sequence: StateSequence;
  /** All states by name. */
  states: Record<string, StateSequence>;
  steps: SentenceSteps;
  /** Gates of the layer of the state, row-major [steps × units], by name: input, forget, output; or reset, update. */
  gates: Record<string, Float32Array> | null;
}

/** What is on its way before a model with an ONNX graph can run: onnxruntime. */
export interface Fetching {
  /** Whether it comes from the browser's cache. */
  cached: boolean;
  /** Bytes that come; null where the server does not say. */
  bytes: number | null;
  /** Whether they come packed. */
  packed: boolean;
}

export type Progress = (done: number, of: number) => void;

export interface StepModel {
  readonly states: readonly string[];
  readonly means: Means | null;
  /** How text becomes what it reads; null where it reads no words, or that is not known. */
  readonly words: SpecWords | null;
  /** Where it goes on from what another model ended in; null where it stands alone. */
  readonly handed: Handed | null;
  /** False where the work is done on the page itself, in slices, because no worker can be had. */
  readonly apart: boolean;
  /** Throws `Cancelled` where a newer run of its lane came before its answer. */
  run(ask: Ask): Promise<Ran>;
  /**
   * One number for each group of holds, which are applied after those of the ask: of a class the log-odds of the followed
   * one at the end of the sequence; of a number the number; of tags and next words the mean loss in nats. With `score`:
   * the log-odds of that class, tag or word after that step. NaN where that is not known.
   */
  without(
    ask: Ask,
    groups: readonly (readonly Held[])[],
    progress?: Progress,
    signal?: AbortSignal,
  ): Promise<Float64Array>;
  /** The answers alone, of many sequences. */
  variants(asks: readonly Ask[], progress?: Progress, signal?: AbortSignal): Promise<SentenceSteps[]>;
  close(): void;
  /** Closes it once nothing runs any more. */
  retire(): void;
}

/** A newer run was asked for before this one was answered, or the model was closed. Nothing to show. */
export class Cancelled extends Error {
  constructor() {
    super('A newer run was asked for');
    this.name = 'Cancelled';
  }
}

/** Steps that a sequence may have. */
export const LONGEST = 2000;
/** Sequences, or groups of holds, in one request. */
export const MOST = 5000;
