/** ONNX graphs, and the answers of models that layers and a head cannot say: graphs of words and of the states there. */

import { refused, type Fault } from './fault';
import { given, type GraphInput, type OpenGraph } from './runner';
import type { Work } from './kernels';
import type { Head, Spec } from './parts';
import { stateColumns, type StackRun } from './stack';

/** Opens the graphs of a model; throws `DataProblem` where there is nothing that runs them. */
export async function openGraphs(spec: Spec, open: OpenGraph | null, fault: Fault): Promise<void> {
  const layers = spec.layers.filter((layer) => layer.cell === 'graph');
  for (const part of [...layers, ...(spec.head ? [spec.head] : [])]) {
    if (!part.graph) continue;
    if (!open) throw refused('This model needs onnxruntime, which is not here', 'Open it where it is served.');
    part.runner = await open(part.graph, fault);
  }
}

/** Numbers that a graph may give at once: 64 MB. */
const ROOM = 16 * 1024 * 1024;

/**
 * What the graph gives after each of `words`, [words × size]: of an answer to the whole, what it would be if the
 * sentence ended there.
 */
export function* asked(head: Head, run: StackRun, words: Int32Array): Work<Float32Array> {
  const values = head.per === 'step' && head.at !== 'each' ? run.steps : words.length;
  if (values * head.size > ROOM)
    throw refused('The answers along so many words need too much memory', 'Take fewer words.');
  const found = new Float32Array(words.length * head.size);
  if (head.at === 'each') {
    for (let i = 0; i < words.length; i++)
      found.set(yield* answer(head, run, words[i]!, words[i]! + 1, 1), i * head.size);
    return found;
  }
  if (head.longest !== null && run.steps > head.longest)
    throw refused(
      `${run.steps.toLocaleString('en')} words are too many for the answer of this model`,
      `Take at most ${head.longest.toLocaleString('en')} words.`,
    );
  if (head.per === 'step') {
    const whole = yield* answer(head, run, 0, run.steps, head.longest ?? run.steps);
    words.forEach((word, i) => found.set(whole.subarray(word * head.size, (word + 1) * head.size), i * head.size));
    return found;
  }
  for (let i = 0; i < words.length; i++) found.set(yield* answer(head, run, 0, words[i]! + 1, 1), i * head.size);
  return found;
}

/** What it gives for the words [first, last): `rows` answers. */
function* answer(head: Head, run: StackRun, first: number, last: number, rows: number): Work<Float32Array> {
  const { runner } = head;
  if (!runner) throw new Error('the graph is not open');
  const long = head.longest ?? last - first;
  const inputs: Record<string, GraphInput> = {};
  for (const name of runner.reads) {
    const place = head.reads.find((state) => state.name === name);
    if (place) {
      const { values, size } = stateColumns(place, run);
      const data = new Float32Array(long * size);
      data.set(values.subarray(first * size, last * size));
      inputs[name] = { data, dims: [long, size] };
    } else if (name === 'length') inputs[name] = { data: BigInt64Array.of(BigInt(last)), dims: [1] };
    else {
      const data = new BigInt64Array(long);
      data.set(BigInt64Array.from(run.tokens.subarray(first, last), BigInt));
      inputs[name] = { data, dims: [long] };
    }
  }
  const [found] = yield* given(runner, inputs);
  if (found?.length !== rows * head.size) throw new Error(`the graph gives ${found?.length} numbers`);
  return found;
}
