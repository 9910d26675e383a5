import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { faultOf } from './fault';
import { Interpreter } from './interpreter';
import type { Work } from './kernels';
import { readSafetensors } from './safetensors';
import type { Spec } from './parts';
import { readSpec } from './spec';
import type { Ask, Held, Ran } from './types';

vi.setConfig({ testTimeout: 60_000 });

interface Expected {
  held: (Omit<Held, 'value'> & { value?: 'zero' | 'previous' | number[] })[];
  states: Record<string, number[]>;
  gates: Record<string, number[]>;
  answers?: number[];
  followed?: number;
  push?: number[] | null;
}

interface Case {
  name: string;
  file: string;
  tokens: number[];
  vectors: number[] | null;
  expected: Expected[];
}

/** What PyTorch says; written by `python -m tests.step_formulas`. */
const CASES = JSON.parse(
  readFileSync(new URL('../testing/stepFormulas.json', import.meta.url), 'utf8'),
) as readonly Case[];
const NEAR = 1e-5;

function specOf({ file }: Case): Spec {
  const bytes = Uint8Array.from(Buffer.from(file, 'base64'));
  const fault = faultOf('planted');
  return readSpec(readSafetensors(bytes.buffer, fault), fault);
}

function whole<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

function askOf({ tokens, vectors }: Case, held: Expected['held'], more: Partial<Ask> = {}): Ask {
  return {
    tokens: Int32Array.from(tokens),
    ...(vectors && { vectors: Float32Array.from(vectors) }),
    state: 'rnn.0.h',
    held: held.map((one) => ({ ...one, value: Array.isArray(one.value) ? Float32Array.from(one.value) : one.value })),
    ...more,
  };
}

function near(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(found.length, what).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < found.length; i++) worst = Math.max(worst, Math.abs(found[i]! - expected[i]!) || 0);
  expect(worst, what).toBeLessThan(NEAR);
  expect(Array.from(found).some(Number.isNaN), what).toBe(Array.from(expected).some(Number.isNaN));
}

/** Rows of answers, in the order of the steps that have one. */
function answersOf({ steps }: Ran, rows: number): number[] {
  const from = steps.length - rows;
  if (steps.value) return Array.from(steps.value.subarray(from));
  return Array.from(steps.pClass!.subarray(from * steps.classes), (p) => Math.log(p));
}

for (const one of CASES) {
  describe(`a model: ${one.name}`, () => {
    const spec = specOf(one);
    one.expected.forEach((expected, i) => {
      const said = i ? JSON.stringify(expected.held) : 'nothing held';
      it(`says what PyTorch says: ${said}`, () => {
        const ran = whole(new Interpreter(spec).run(askOf(one, expected.held, { gates: true, next: 11 })));
        expect(Object.keys(ran.states).sort()).toEqual(Object.keys(expected.states).sort());
        for (const [name, values] of Object.entries(expected.states)) near(ran.states[name]!.values, values, name);
        for (const [name, values] of Object.entries(ran.gates ?? {}))
          near(values, expected.gates[`rnn.0.gate.${name}`]!, name);
        if (!expected.answers) {
          expect(ran.steps).toMatchObject({ pClass: null, value: null, next: null, push: null });
          return;
        }
        const { next, classes, followed, length } = ran.steps;
        if (next) {
          const words = expected.answers.length / length;
          for (let step = 0; step < length; step++) {
            const row = expected.answers.slice(step * words, (step + 1) * words);
            const order = row.map((_, id) => id).sort((a, b) => row[b]! - row[a]!);
            expect(Array.from(next.ids.subarray(step * words, (step + 1) * words))).toEqual(order);
            near(
              next.probabilities.subarray(step * words, (step + 1) * words),
              order.map((id) => Math.exp(row[id]!)),
              'p',
            );
            const right = one.tokens[step + 1];
            near([next.p[step]!], [right === undefined ? Number.NaN : Math.exp(row[right]!)], 'p of what came');
            near([ran.steps.loss![step]!], [right === undefined ? Number.NaN : -row[right]!], 'loss');
          }
          return;
        }
        const rows = expected.answers.length / Math.max(1, classes);
        near(answersOf(ran, rows), expected.answers, 'answers');
        expect(followed).toBe(expected.followed);
        if (expected.push) near(ran.steps.push!, expected.push, 'push');
        else expect(ran.steps.push).toBeNull();
      });
    });
  });
}

/** Small numbers that come again: a linear congruence. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('what was run before', () => {
  it.each(CASES.filter(({ vectors }) => !vectors))('changes nothing in what an edit gives: $name', (one) => {
    const spec = specOf(one);
    const kept = new Interpreter(spec);
    const roll = dice(7);
    let tokens = one.tokens.slice();
    for (let round = 0; round < 40; round++) {
      const at = roll(tokens.length + 1);
      const kind = tokens.length < 3 ? 0 : tokens.length > 14 ? 1 : roll(4);
      const word = roll(11);
      if (kind === 0) tokens.splice(at, 0, word);
      else if (kind === 1) tokens.splice(Math.min(at, tokens.length - 1), 1);
      else if (kind === 2) tokens[Math.min(at, tokens.length - 1)] = word;
      else tokens = [...tokens.slice(at), ...tokens.slice(0, at)];
      const { held } = one.expected[roll(3) ? 0 : roll(one.expected.length)]!;
      const ask = askOf({ ...one, tokens }, held, {
        gates: true,
        ...(roll(4) === 0 && { answered: { first: 1, last: 3 } }),
      });
      const fresh = whole(new Interpreter(spec).run(ask));
      const ran = whole(kept.run(ask));
      expect(ran.states).toEqual(fresh.states);
      expect(ran.gates).toEqual(fresh.gates);
      if (!ask.answered || !ran.steps.next) expect(ran.steps).toEqual(fresh.steps);
      const score = whole(kept.without(ask, [{ state: 'rnn.0.h', units: [1], value: 'zero', first: 2 }]));
      expect(score).toEqual(
        whole(new Interpreter(spec).without(ask, [{ state: 'rnn.0.h', units: [1], value: 'zero', first: 2 }])),
      );
    }
  });
});
