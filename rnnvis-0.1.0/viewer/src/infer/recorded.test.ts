import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { faultOf } from './fault';
import { graphRuntime } from './graphRuntime';
import { openGraphs } from './graphs';
import { Interpreter } from './interpreter';
import type { Work } from './kernels';
import { readSafetensors } from './safetensors';
import { readSpec } from './spec';
import type { Ask, Held, Ran } from './types';

vi.setConfig({ testTimeout: 60_000 });

type Rows = number[][];

interface Case {
  tokens: number[] | null;
  vectors: Rows | null;
  held: (Omit<Held, 'value'> & { value?: 'zero' | 'previous' | number[] })[];
  /** States that the sequence starts from, by name. */
  start: Record<string, number[]> | null;
  states: Record<string, Rows>;
  answers: Rows;
  /** What would be answered if the sequence ended at each word. */
  along?: Rows;
}

/** Models as `rnnvis.record` exports them, and what PyTorch makes of them; written by `python -m tests.step_models`. */
const FOLDER = new URL('../testing/steps/', import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.safetensors'))
  .map((name) => name.replace('.safetensors', ''));
const NEAR = 1e-5;
/** The number of the sentence that the cases are about. */
const LAST = 24;

it('there are models of every kind', () => {
  expect(NAMES.length).toBeGreaterThan(5);
});

/** The WebAssembly of onnxruntime, as the page fetches it. */
const WASM = new URL('../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm', import.meta.url);

it.each(NAMES)('a recorded model says in the page what it says in PyTorch: %s', async (name) => {
  const bytes = Uint8Array.from(readFileSync(new URL(`${name}.safetensors`, FOLDER)));
  const spec = readSpec(readSafetensors(bytes.buffer, faultOf(name)), faultOf(name));
  const { cases } = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as { cases: Case[] };
  expect(spec.head!.graph !== null).toBe(name === 'attention' || name.startsWith('own'));
  const open = spec.head!.graph ? graphRuntime(Uint8Array.from(readFileSync(WASM)).buffer) : null;
  await openGraphs(spec, open, faultOf(name));
  const kept = new Interpreter(spec);
  for (const one of cases) {
    const ran = await done(kept.run(asked(one)));
    for (const [state, rows] of Object.entries(one.states)) near(ran.states[state]!.values, rows.flat());
    if (one.vectors) {
      const { vectors: _, ...published } = asked(one);
      const came = await done(kept.run({ ...published, sentence: LAST }));
      for (const [state, rows] of Object.entries(one.states)) near(came.states[state]!.values, rows.flat());
      await expect(done(kept.run({ ...published, sentence: LAST + 1 }))).rejects.toThrow(/did not come along/);
    }
    const found = answersOf(ran);
    near(found.slice(-one.answers.length).flat(), one.answers.flat());
    if (one.along) near(found.flat(), one.along.flat());
  }
});

async function done<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await step.value;
  }
}

function asked({ tokens, vectors, held, start, states }: Case): Ask {
  const steps = (tokens ?? vectors)!.length;
  return {
    tokens: Int32Array.from(tokens ?? Array<number>(steps).fill(0)),
    ...(vectors && { vectors: Float32Array.from(vectors.flat()) }),
    state: Object.keys(states)[0]!,
    held: held.map((one) => ({ ...one, value: Array.isArray(one.value) ? Float32Array.from(one.value) : one.value })),
    ...(start && {
      initial: Object.fromEntries(Object.entries(start).map(([name, row]) => [name, Float32Array.from(row)])),
    }),
    next: 100,
  };
}

/** Log-probabilities, or numbers, after each step that has an answer. */
function answersOf({ steps }: Ran): Rows {
  const { value, pClass, classes, next, length } = steps;
  const rows = Array.from({ length }, (_, step) => {
    if (value) return [value[step]!];
    if (pClass) return Array.from(pClass.subarray(step * classes, (step + 1) * classes), (p) => Math.log(p));
    const { count, ids, probabilities } = next!;
    const row = Array<number>(count).fill(Number.NaN);
    for (let i = 0; i < count; i++) row[ids[step * count + i]!] = Math.log(probabilities[step * count + i]!);
    return row;
  });
  return rows.filter((row) => !row.some(Number.isNaN));
}

function near(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs(found[i]! - expected[i]!);
    worst = Number.isNaN(off) ? Infinity : Math.max(worst, off);
  }
  expect(worst).toBeLessThan(NEAR);
}
