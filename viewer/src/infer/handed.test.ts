import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readOf, sayOn, takenFrom } from './handed';
import { openBytes } from './open';
import type { StepModel } from './types';

interface Case {
  letters: number[];
  /** Units at zero, by state. */
  held: Record<string, number[]>;
  /** What the decoder reads, from its start mark on. */
  said: number[];
  /** States of the encoder, of the decoder, and the likeliest log-probability after each step. */
  read: number[][];
  along: number[][];
  likeliest: number[];
}

/** A small encoder and its decoder, and what PyTorch says; written by `python -m tests.step_models`. */
const FOLDER = new URL('../testing/handed/', import.meta.url);
const CASES = JSON.parse(readFileSync(new URL('cases.json', FOLDER), 'utf8')) as Case[];

function opened(name: string): Promise<StepModel> {
  const bytes = Uint8Array.from(readFileSync(new URL(`${name}.safetensors`, FOLDER)));
  return openBytes(bytes.buffer, name, null);
}

function near(found: Float32Array | number[], wanted: number[]): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) =>
    expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted[i]!))),
  );
}

it('a decoder goes on from where its encoder ended, and says what PyTorch says, with units of either held', async () => {
  const [encoder, decoder] = await Promise.all([opened('encoder'), opened('decoder')]);
  expect(encoder.handed).toBeNull();
  expect(decoder.handed).toEqual({ states: { 'decoder.0.h': 'encoder.0.h' }, longest: 20 });
  const lengths = new Set<number>();
  for (const { letters, held, said, read, along, likeliest } of CASES) {
    const off = (state: string) => (held[state] ? [{ state, units: held[state], value: 'zero' as const }] : []);
    const ran = await encoder.run({
      tokens: Int32Array.from(letters),
      state: 'encoder.0.h',
      held: off('encoder.0.h'),
    });
    near(ran.sequence.values, read.flat());
    const initial = takenFrom(decoder.handed!, ran.states)!;
    const ask = { state: 'decoder.0.h', initial, held: off('decoder.0.h') };
    const tokens = await sayOn(decoder, ask);
    expect([...tokens]).toEqual(said);
    const went = await decoder.run({ ...ask, tokens, next: 1 });
    near(went.sequence.values, along.flat());
    near(Array.from(went.steps.next!.probabilities, Math.log), likeliest);
    expect(readOf(decoder, tokens)).not.toContain(decoder.words!.end);
    lengths.add(tokens.length);
  }
  expect(lengths.size).toBeGreaterThan(4);
});

it('what is not handed over is not made up', () => {
  expect(takenFrom({ states: { 'decoder.0.h': 'encoder.1.h' }, longest: 3 }, {})).toBeNull();
});
