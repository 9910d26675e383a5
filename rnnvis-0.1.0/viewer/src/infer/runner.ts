/** What runs ONNX graphs, as the rest of the engine knows it. */

import type { Fault } from './fault';
import type { Work } from './kernels';

export interface GraphInput {
  data: Float32Array | BigInt64Array;
  dims: readonly number[];
}

export interface Graph {
  /** What it wants: 'tokens' [words], 'length' [1], and states by name, [words × units]. */
  reads: readonly string[];
  /** What it gives, in order. */
  run(inputs: Readonly<Record<string, GraphInput>>): Promise<Float32Array[]>;
}

/** Throws `DataProblem` for a file that is no graph. */
export type OpenGraph = (file: Uint8Array<ArrayBuffer>, fault: Fault) => Promise<Graph>;

/** What a graph gives of its inputs. */
export function* given(runner: Graph, inputs: Readonly<Record<string, GraphInput>>): Work<Float32Array[]> {
  let found: Float32Array[] = [];
  yield runner.run(inputs).then((values) => {
    found = values;
  });
  return found;
}
