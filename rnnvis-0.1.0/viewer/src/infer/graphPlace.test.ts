import { readFileSync } from 'node:fs';
import { InferenceSession } from 'onnxruntime-web/wasm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DataProblem } from '../data/problem';
import { graphPlace } from './graphPlace';
import { graphRuntime } from './graphRuntime';
import type { Reply } from './messages';
import { errorOf } from './model';
import { Session } from './session';
import type { Fetching, Ran } from './types';

vi.setConfig({ testTimeout: 60_000 });

const FILE = Uint8Array.from(readFileSync(new URL('../testing/steps/attention.safetensors', import.meta.url)));
const WASM = new URL('../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', import.meta.url);
const ASK = { tokens: Int32Array.of(2, 7, 1, 8), state: 'rnn.0.h' };

afterEach(() => vi.unstubAllGlobals());

async function problem(of: Promise<unknown>): Promise<DataProblem> {
  const error = await of.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataProblem)) throw new Error('no problem', { cause: error });
  return error;
}

/** A session with what it says, by number, once it has said it. */
function session(graphs: ConstructorParameters<typeof Session>[2]) {
  const heard: Reply[] = [];
  const waiting: (() => void)[] = [];
  const model = new Session(
    (reply) => {
      heard.push(reply);
      waiting.forEach((wake) => wake());
    },
    20,
    graphs,
  );
  const until = async (which: (reply: Reply) => boolean): Promise<Reply> => {
    for (;;) {
      const found = heard.find(which);
      if (found) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { model, heard, until };
}

describe('what runs an ONNX graph', () => {
  it('is missed by name where there is no WebAssembly', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect((await problem(graphPlace(() => undefined))).what).toMatch(/needs WebAssembly/);
  });

  it('is missed by name where the server has it not', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 404 })));
    const { what, where } = await problem(graphPlace(() => undefined));
    expect(what).toMatch(/could not be fetched: the server answered 404/);
    expect(where).toMatch(/ort-wasm-simd-threaded\.wasm/);
  });

  it('is missed by name where no worker can be had, and its size is told before that', async () => {
    const headers = { 'content-length': '14239897' };
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('x', { headers })));
    vi.stubGlobal('Worker', undefined);
    const told: Fetching[] = [];
    expect((await problem(graphPlace((fetching) => void told.push(fetching)))).what).toMatch(/needs a worker/);
    expect(told).toEqual([{ cached: false, bytes: 14239897, packed: false }]);
  });

  it('is missed by name where a model with a graph is opened without it', async () => {
    const { model, until } = session(null);
    model.hear({ open: FILE.slice().buffer, url: 'planted' });
    const reply = await until(() => true);
    expect(reply).toMatchObject({ problem: { what: expect.stringMatching(/needs onnxruntime/) as string } });
  });

  it.each(['std::bad_alloc', 'failed to allocate a buffer of size 90000000', 'Aborted(OOM)'])(
    'says that there is no memory left, and not that the file is damaged: %s',
    async (said) => {
      vi.spyOn(InferenceSession, 'create').mockRejectedValueOnce(new Error(`Can't create a session. ${said}`));
      const { model, until } = session(graphRuntime(new ArrayBuffer(0)));
      model.hear({ open: FILE.slice().buffer, url: 'planted' });
      const reply = await until(() => true);
      expect(reply).toMatchObject({ failed: expect.stringContaining(said) as string });
      expect(errorOf(reply as { id: null; failed: string }).message).toMatch(/no memory left for the model/);
    },
  );

  it('has no room for itself where memory is short, which is said with what helps', async () => {
    const answer = new Response('x');
    vi.spyOn(answer, 'arrayBuffer').mockRejectedValue(new RangeError('Array buffer allocation failed'));
    vi.stubGlobal('fetch', () => Promise.resolve(answer));
    expect((await problem(graphPlace(() => undefined))).fix).toMatch(/no memory left for it/);
  });

  it('answers the newest of twenty edits, and gives the others up while the graph runs', async () => {
    const { model, heard, until } = session(graphRuntime(Uint8Array.from(readFileSync(WASM)).buffer));
    model.hear({ open: FILE.slice().buffer, url: 'planted' });
    await until((reply) => 'opened' in reply);
    for (let id = 1; id <= 20; id++) {
      model.hear({ id, job: { kind: 'run', ask: { ...ASK, tokens: Int32Array.of(id % 12, 7, 1, 8) } } });
      await new Promise((resolve) => setTimeout(resolve, id % 3));
    }
    const last = await until((reply) => 'result' in reply && reply.id === 20);
    const ran = (last as unknown as { result: Ran }).result;
    expect([...ran.steps.pClass!].every((p) => p >= 0 && p <= 1)).toBe(true);
    const said = heard.filter((reply) => 'result' in reply || 'cancelled' in reply);
    expect(new Set(said.map((reply) => (reply as { id: number }).id)).size).toBe(20);
    expect(heard.filter((reply) => 'failed' in reply || 'problem' in reply)).toEqual([]);
  });

  it('names a graph that is damaged', async () => {
    const { model, until } = session(graphRuntime(Uint8Array.from(readFileSync(WASM)).buffer));
    const header = Number(new DataView(FILE.buffer).getBigUint64(0, true));
    const { data_offsets: place } = (
      JSON.parse(new TextDecoder().decode(FILE.subarray(8, 8 + header))) as Record<string, { data_offsets: number[] }>
    )['answer.onnx']!;
    const damaged = FILE.slice();
    damaged.fill(255, 8 + header + place[0]!, 8 + header + place[1]!);
    model.hear({ open: damaged.buffer, url: 'planted' });
    const reply = await until(() => true);
    expect(reply).toMatchObject({ problem: { what: expect.stringMatching(/a graph that cannot be run/) as string } });
  });
});
