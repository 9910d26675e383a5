/** The answer of a model that layers and a head cannot say: an ONNX graph of the words and of the states along them. */

import { refused, type Fault } from './fault';
import type { Work } from './kernels';
import type { Head } from './spec';
import { stateColumns, type StackRun } from './stack';

export interface GraphInput {
  data: Float32Array | BigInt64Array;
  dims: readonly number[];
}

export interface Graph {
  /** What it wants: 'tokens' [words], and states by name, [words × units]. */
  reads: readonly string[];
  run(inputs: Readonly<Record<string, GraphInput>>): Promise<Float32Array>;
}

/** Throws `DataProblem` for a file that is no graph. */
export type OpenGraph = (file: Uint8Array<ArrayBuffer>, fault: Fault) => Promise<Graph>;

/** Numbers that a graph may give at once: 64 MB. */
const ROOM = 16 * 1024 * 1024;

/**
 * What the graph gives after each of `words`, [words × size]: of an answer to the whole, what it would be if the
 * sentence ended there.
 */
export function* asked(head: Head, run: StackRun, words: Int32Array): Work<Float32Array> {
  const found = new Float32Array(words.length * head.size);
  if (head.per === 'step') {
    if (run.steps * head.size > ROOM)
      throw refused('The answers along so many words need too much memory', 'Take fewer words.');
    const whole = yield* answer(head, run, run.steps);
    words.forEach((word, i) => found.set(whole.subarray(word * head.size, (word + 1) * head.size), i * head.size));
    return found;
  }
  for (let i = 0; i < words.length; i++) found.set(yield* answer(head, run, words[i]! + 1), i * head.size);
  return found;
}

/** What it gives for the first `steps` words. */
function* answer(head: Head, run: StackRun, steps: number): Work<Float32Array> {
  const { runner } = head;
  if (!runner) throw new Error('the graph is not open');
  const inputs: Record<string, GraphInput> = {};
  for (const name of runner.reads) {
    const place = head.reads.find((state) => state.name === name);
    if (place) {
      const { values, size } = stateColumns(place, run);
      inputs[name] = { data: values.slice(0, steps * size), dims: [steps, size] };
    } else inputs[name] = { data: BigInt64Array.from(run.tokens.subarray(0, steps), BigInt), dims: [steps] };
  }
  let found = new Float32Array(0);
  yield runner.run(inputs).then((values) => {
    found = new Float32Array(values);
  });
  const rows = head.per === 'step' ? steps : 1;
  if (found.length !== rows * head.size) throw new Error(`the graph gives ${found.length} numbers`);
  return found;
}
