import { expect, it, vi } from 'vitest';
import { answersOf } from './answers';
import { asked } from './graphs';
import type { Work } from './kernels';
import type { Head } from './parts';
import type { GraphInput } from './runner';
import type { StackRun } from './stack';

vi.setConfig({ testTimeout: 60_000 });

const WORDS = 400;
const run = {
  steps: WORDS,
  tokens: Int32Array.from({ length: WORDS }, (_, i) => i % 7),
  layers: new Map(),
} as unknown as StackRun;

/** A graph that says the next word after each word alone: the one with its own number. */
function head(size: number, more: Partial<Head> = {}): Head {
  const of = {
    reads: [],
    at: 'each',
    longest: null,
    operations: [],
    size,
    means: 'next word',
    per: 'step',
    scores: 'logits',
    along: true,
    graph: new Uint8Array(1),
    ...more,
  };
  const runner = {
    reads: ['tokens'],
    run: async ({ tokens }: Readonly<Record<string, GraphInput>>) => {
      const said = new Float32Array(size);
      said[Number(tokens!.data[0])] = 9;
      return [said];
    },
  };
  return { ...of, runner } as unknown as Head;
}

async function whole<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
    await next.value;
  }
}

it('answers after many words, of many next words, without all of them in memory at once', async () => {
  const many = head(42_000);
  await expect(
    whole(
      asked(
        many,
        run,
        Int32Array.from(run.tokens, (_, i) => i),
      ),
    ),
  ).rejects.toThrow(/too much memory/);
  const { steps } = await whole(answersOf(many, { tokens: run.tokens, state: 'own', next: 1 }, run, null, 0));
  expect(Array.from(steps.next!.ids)).toEqual(Array.from(run.tokens));
  expect(steps.loss!.length).toBe(WORDS);
});

it('is refused where a graph would give too many numbers at once', async () => {
  const all = head(42_000, { at: 'whole' });
  await expect(whole(asked(all, run, Int32Array.of(0)))).rejects.toThrow(/too much memory/);
});
