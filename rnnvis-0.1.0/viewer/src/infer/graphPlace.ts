/** Where a model with an ONNX graph works: a worker with onnxruntime, whose WebAssembly is fetched for it and no other. */

import runtime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { DataProblem, outOfMemory } from '../data/problem';
import { refused } from './fault';
import type { Place } from './model';
import { ofWorker } from './places';
import type { Fetching } from './types';

export interface GraphPlace {
  place: Place;
  runtime: ArrayBuffer;
}

/** Throws `DataProblem` where there is no WebAssembly, no worker, no memory, or no such file on the server. */
export async function graphPlace(told: (fetching: Fetching) => void): Promise<GraphPlace> {
  if (typeof WebAssembly !== 'object')
    throw refused(
      'This model needs WebAssembly, which this browser has not, or which is switched off',
      'Everything that was recorded can be seen; use a browser with WebAssembly to run new sentences.',
    );
  const [{ default: GraphWorker }, bytes] = await Promise.all([import('./graphWorker?worker'), fetched(told)]);
  try {
    return { place: ofWorker(new GraphWorker({ name: 'model' })), runtime: bytes };
  } catch (error) {
    throw refused(
      `This model needs a worker, and none can be had: ${error instanceof Error ? error.message : String(error)}`,
      'Everything that was recorded can be seen.',
    );
  }
}

/** The runtime; what comes is said as soon as the server says it, and whether the browser had it as soon as it is there. */
async function fetched(told: (fetching: Fetching) => void): Promise<ArrayBuffer> {
  const url = new URL(runtime, import.meta.url).href;
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const length = Number(answer.headers.get('content-length'));
    const coming = {
      cached: false,
      bytes: length > 0 ? length : null,
      packed: answer.headers.get('content-encoding') !== null,
    };
    told(coming);
    const bytes = await answer.arrayBuffer();
    if (isCached(url)) told({ ...coming, cached: true });
    return bytes;
  } catch (error) {
    throw new DataProblem(
      `onnxruntime, which runs this model, could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
      url,
      outOfMemory(error)
        ? 'The browser has no memory left for it: close other tabs and try again.'
        : 'Check that the explorer is whole on the server. Everything that was recorded can be seen.',
    );
  }
}

/** Whether less came than the file has: nothing, or the server's word that it has not changed. */
function isCached(url: string): boolean {
  const entry = performance.getEntriesByName(url, 'resource').at(-1) as PerformanceResourceTiming | undefined;
  return entry !== undefined && entry.encodedBodySize > 0 && entry.transferSize < entry.encodedBodySize;
}
