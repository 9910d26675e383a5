/** What the page and the worker say to each other. */

import type { Means } from '../data/answer';
import type { Problem } from '../data/problem';
import type { SentenceSteps } from '../data/types';
import type { Handed, SpecWords } from './parts';
import type { Ask, Held, Ran } from './types';

export type Job =
  | { kind: 'run'; ask: Ask }
  | { kind: 'without'; ask: Ask; groups: readonly (readonly Held[])[] }
  | { kind: 'variants'; asks: readonly Ask[] };

export type Request =
  /** `runtime`: the WebAssembly of onnxruntime, for a model with a graph. */
  | { open: ArrayBuffer; url: string; runtime?: ArrayBuffer }
  | { id: number; job: Job }
  /** The answer is not wanted any more. */
  | { id: number; cancel: true };

export interface Opened {
  states: string[];
  means: Means | null;
  words: SpecWords | null;
  handed: Handed | null;
}

export type Result = Ran | Float64Array | SentenceSteps[];

export type Reply =
  | { opened: Opened }
  | { id: number | null; problem: Problem }
  /** A defect, or no memory. */
  | { id: number | null; failed: string }
  | { id: number; cancelled: true }
  | { id: number; done: number; of: number }
  | { id: number; result: Result };
