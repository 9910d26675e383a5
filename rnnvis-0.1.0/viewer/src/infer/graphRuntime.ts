/** onnxruntime, as what runs the graphs of models. */

import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { outOfMemory } from '../data/problem';
import type { Fault } from './fault';
import type { Graph, OpenGraph } from './runner';

/** What opens graphs, with the WebAssembly of onnxruntime. */
export function graphRuntime(wasm: ArrayBuffer): OpenGraph {
  env.wasm.wasmBinary = wasm;
  env.wasm.numThreads = 1; // More need pages that are isolated from others.
  return open;
}

async function open(file: Uint8Array<ArrayBuffer>, fault: Fault): Promise<Graph> {
  const opened = await InferenceSession.create(file, { executionProviders: ['wasm'] }).catch((error: unknown) => {
    if (outOfMemory(error)) throw error;
    throw fault(`holds a graph that cannot be run: ${error instanceof Error ? error.message : String(error)}`);
  });
  return {
    reads: opened.inputNames,
    async run(inputs) {
      const tensors = Object.entries(inputs).map(([name, { data, dims }]) => [
        name,
        data instanceof BigInt64Array ? new Tensor('int64', data, dims) : new Tensor('float32', data, dims),
      ]);
      const found = await opened.run(Object.fromEntries(tensors) as Record<string, Tensor>);
      return opened.outputNames.map((name) => Float32Array.from(found[name]!.data as Float32Array));
    },
  };
}
