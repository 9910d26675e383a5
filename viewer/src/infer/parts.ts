/** The parts of a step model, as they run. */

import type { Means } from '../data/answer';
import type { Graph } from './runner';

export const CELLS = ['lstm', 'gru', 'rnn_tanh', 'rnn_relu'] as const;
export const SCORES = ['logits', 'one logit', 'numbers'] as const;
export const PLACES = ['last', 'last word', 'each', 'mean', 'max', 'whole'] as const;
export const MEANS = ['class', 'tag', 'next word', 'number'] as const;
export const KINDS = ['words', 'penn', 'spaced', 'characters', 'pieces'] as const;
export const MARKS = ['Ġ', '▁', '##', '@@', '</w>'] as const;

export type CellKind = (typeof CELLS)[number];

/** What every layer has. */
interface Reading {
  name: string;
  /** Names of layers, or 'input'. */
  reads: readonly string[];
  reversed: boolean;
  /** Units of its states by the part that each is. */
  parts: ReadonlyMap<Part, number>;
  /** What they start from; null: zeros. */
  initial: ReadonlyMap<Part, Float32Array | null>;
}

export interface CellLayer extends Reading {
  cell: CellKind;
  units: number;
  /** Numbers that others read of it: units, or those of its projection. */
  output: number;
  /** Operations between these and the layer's own weights. */
  through: Operation[];
  /** Numbers that it reads: side by side, and after the operations. */
  wide: number;
  width: number;
  /** [G·units, width], [G·units, output]. */
  input: Float32Array;
  state: Float32Array;
  inputBias: Float32Array | null;
  stateBias: Float32Array | null;
  /** [output, units]. */
  projection: Float32Array | null;
}

/** The steps of code of its own: an ONNX graph of the word and of all its states, which are its parts by name. */
export interface GraphLayer extends Reading {
  cell: 'graph';
  graph: Uint8Array<ArrayBuffer>;
  /** The graph once it is open. */
  runner: Graph | null;
}

export type Layer = CellLayer | GraphLayer;

/** Of a cell 'h' or 'c', of a graph the name of the state. */
export type Part = string;

/** A state: a part of a layer. */
export interface Place {
  name: string;
  layer: Layer;
  part: Part;
  units: number;
}

export type Operation =
  | { kind: 'linear'; weight: Float32Array; bias: Float32Array | null; width: number; size: number }
  /** Layer norm: (x − mean) / √(variance + epsilon) · weight + bias. */
  | { kind: 'norm'; weight: Float32Array | null; bias: Float32Array | null; epsilon: number }
  | { kind: 'activation'; name: string };

export interface Head {
  /** States side by side. */
  reads: Place[];
  /**
   * 'last': each where its direction ends; 'last word': both directions at the last word; 'each': at every word; 'mean',
   * 'max': over the words; 'whole': an ONNX graph reads them at all words; 'each' with a graph: it reads one word and the
   * states after it.
   */
  at: (typeof PLACES)[number];
  /** The file of the graph, and the graph once it is open. */
  graph: Uint8Array<ArrayBuffer> | null;
  runner: Graph | null;
  /** Words that the graph reads, filled up with zeros; null: as many as there are. */
  longest: number | null;
  operations: Operation[];
  /** Numbers that it reads, and that it gives. */
  width: number;
  size: number;
  means: Means;
  per: 'sequence' | 'step';
  scores: (typeof SCORES)[number];
  /** Whether it may be asked after every word. */
  along: boolean;
}

/** How text becomes what the model reads. */
export interface SpecWords {
  unknown: number | null;
  start: number | null;
  end: number | null;
  fold_case: boolean;
  kind: (typeof KINDS)[number];
  /** Whether a web address, an e-mail address and a @name are one word each. */
  addresses: boolean;
  /** How pieces of a word are marked: those that begin it (Ġ, ▁), that go on (##), or after which it goes on (@@) or ends (</w>). */
  mark: (typeof MARKS)[number] | null;
  /** Of the recorded sentences, how many come out as they were recorded; null where that is not known. */
  share: number | null;
}

/** The model goes on from where another one ended, and says words of its own accord. */
export interface Handed {
  /** What each of its states starts from: the name of the other one's state. */
  states: Readonly<Record<string, string>>;
  /** Words after which it is broken off. */
  longest: number;
}

export interface Spec {
  /** How many words there are; null where vectors are read. */
  vocabulary: number | null;
  /** Embedding [vocabulary, size]; null where vectors are read, or words as they are. */
  embedding: Float32Array | null;
  /** Numbers a step. */
  size: number;
  /** Vectors of published sentences [rows × size], and where those of a sentence are; none where words are read. */
  given: { values: Float32Array; sentences: ReadonlyMap<number, { first: number; steps: number }> };
  layers: Layer[];
  /** Every state by name, and the names of those that are published. */
  places: Map<string, Place>;
  states: string[];
  head: Head | null;
  words: SpecWords | null;
  handed: Handed | null;
}

/** Numbers in a row of gates, in layers of units. */
export const GATES: Record<CellKind, number> = { lstm: 4, gru: 3, rnn_tanh: 1, rnn_relu: 1 };
