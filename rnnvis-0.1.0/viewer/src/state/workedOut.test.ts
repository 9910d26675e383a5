import { describe, expect, it } from 'vitest';
import { Source } from '../data/source';
import type { ModelEntry, Sentence, SentenceSteps, StateEntry, StateSequence } from '../data/types';
import type { Ran } from '../infer';
import { sampleManifest } from '../testing/manifest';
import type { Explorer } from './explorer.svelte';
import type { Reader, Reading } from './reader';
import { Trying } from './trying.svelte';
import { WorkedOut } from './workedOut';

const sentence = { id: 3, key: 'cb1f', tokens: Int32Array.from([1, 2]) } as Sentence;
const weights = Float32Array.from([1, -2]);
const BIAS = 0.25;
/** Of a GRU with two units over two words: states, what its update gate keeps. */
const sequence: StateSequence = {
  length: 2,
  units: 2,
  initial: Float32Array.from([0.5, 0]),
  values: Float32Array.from([0.75, -0.5, 0.25, 0.5]),
};
const kept = Float32Array.from([0.5, 0.25, 0.125, 0.5]);

function stepsOf(scores: readonly number[]): SentenceSteps {
  const p = scores.map((score) => 1 / (1 + Math.exp(-score)));
  return {
    length: scores.length,
    pClass: Float32Array.from(p.flatMap((one) => [1 - one, one])),
    classes: 2,
    followed: 1,
    value: null,
    target: null,
    push: null,
    loss: null,
    next: null,
    surprise: null,
  };
}

/** The score that a linear head gives after each word. */
const SCORES = [0, 1].map(
  (step) => BIAS + weights[0]! * sequence.values[2 * step]! + weights[1]! * sequence.values[2 * step + 1]!,
);

function reading(some: Partial<ModelEntry> = {}): Reading {
  const dataset = sampleManifest().datasets[0]!;
  const model = Object.assign(dataset.models[0]!, {
    step_model: { path: 'step_model-a.safetensors', bytes: 4_000_000, sha256: '', format: 1 },
    tables: { answer_memory: { rows: 1, files: [] } },
    ...some,
  });
  const source = {
    manifest: { datasets: [dataset] },
    owner: (entry: StateEntry) => model.states.indexOf(entry),
    sentence: async () => sentence,
    outputWeights: async () => weights,
  } as unknown as Source;
  return { source, dataset, model, state: model.states[0]!, towards: null };
}

function readerOf(scores: readonly number[] = SCORES) {
  const asked: string[] = [];
  const reader = {
    passage: async (_: Reading, key: string) => (asked.push(key), { sentence, steps: null, sequence }),
    asked: async () => ({ sentence, ask: { tokens: sentence.tokens, state: 'rnn.0.h' }, unknown: [], started: true }),
    run: async (): Promise<Ran> => ({
      sequence,
      states: { 'rnn.0.h': sequence },
      steps: stepsOf(scores),
      gates: { update: kept },
    }),
  } as unknown as Reader;
  return { reader, asked };
}

function trying(of: Reading): { trying: Trying; retried: () => number } {
  let retried = 0;
  const { dataset, model } = of;
  const explorer = { dataset, model, retry: () => void (retried += 1) } as unknown as Explorer;
  return { trying: new Trying(explorer), retried: () => retried };
}

describe('what is not published of a published sentence', () => {
  it('are states as the model in the page has them, named so, and found once', async () => {
    const { reader, asked } = readerOf();
    const worked = new WorkedOut(reader);
    const of = reading();
    const [first, again] = [await worked.states(of, sentence), await worked.states(of, sentence)];
    expect(first).toEqual({ ...sequence, workedOut: true });
    expect(again).toBe(first);
    expect(asked).toEqual(['cb1f']);
  });

  it('are parts of answers, which sum to what the model answers', async () => {
    const memory = await new WorkedOut(readerOf().reader).answerMemory(reading(), sentence, 1);
    expect(memory!.last).toBe(1);
    const wrote = (step: number, unit: number): number => {
      const before = step ? sequence.values[unit]! : sequence.initial[unit]!;
      return sequence.values[2 * step + unit]! - kept[2 * step + unit]! * before;
    };
    const units = [0, 1];
    const first = units.reduce((sum, u) => sum + weights[u]! * kept[2 + u]! * wrote(0, u), 0);
    const second = units.reduce((sum, u) => sum + weights[u]! * wrote(1, u), 0);
    const rest = BIAS + units.reduce((sum, u) => sum + weights[u]! * kept[2 + u]! * kept[u]! * sequence.initial[u]!, 0);
    const parts = memory!.steps.get(1)!;
    expect(parts.part[0]).toBeCloseTo(first, 5);
    expect(parts.part[1]).toBeCloseTo(second, 5);
    expect(parts.rest).toBeCloseTo(rest, 5);
    expect(parts.answer).toBeCloseTo(SCORES[1]!, 5);
    expect(memory!.steps.get(0)!.part).toHaveLength(1);
  });

  it('are no parts where they do not sum to the answer, or the head reads more than one state', async () => {
    const bent = new WorkedOut(readerOf([SCORES[0]! + 0.1, SCORES[1]!]).reader);
    expect(await bent.answerMemory(reading(), sentence, 1)).toBeNull();
    const two = reading();
    const other = { ...two.state, name: 'rnn.0.reverse.h' };
    const several = { ...two, model: { ...two.model, states: [two.state, other] } };
    expect(await new WorkedOut(readerOf().reader).answerMemory(several, sentence, 1)).toBeNull();
  });
});

describe('states that the published sample leaves out', () => {
  const states = (one: Trying, of: Reading) => one.states(of.source, of.state, sentence.id);

  it('come from the model in the page', async () => {
    const of = reading();
    const { trying: one } = trying(of);
    one.use(readerOf().reader);
    expect((await states(one, of))!.workedOut).toBe(true);
    expect(one.waits).toBe(false);
  });

  it('do not where the folder does not hold it, or the state is that of an earlier epoch', async () => {
    const without = reading({ step_model: null, no_step_model: 'its shape is not known' });
    expect(await states(trying(without).trying, without)).toBeNull();
    const of = reading();
    const { trying: one } = trying(of);
    one.use(readerOf().reader);
    expect(await one.states(of.source, { ...of.state }, sentence.id)).toBeNull();
  });

  it.each([{ bytes: 40_000_000 }, { runtime: 'onnx' as const }])(
    'wait for a word of a large model: %o',
    async (large) => {
      const file = { path: 'step_model-b.safetensors', bytes: 4_000_000, sha256: '', format: 1, ...large };
      const of = reading({ step_model: file });
      const { trying: one, retried } = trying(of);
      one.use(readerOf().reader);
      expect(one.waits).toBe(true);
      expect(await states(one, of)).toBeNull();
      expect(await one.answerMemory(of, sentence, 1)).toBeNull();
      one.allow();
      expect([one.waits, retried()]).toEqual([false, 1]);
      expect(await states(one, of)).not.toBeNull();
    },
  );

  it('are asked of it only where none were published; a model that fails is said, or taken for none', async () => {
    const source = Object.create(Source.prototype) as Source;
    const asked: number[] = [];
    source.publishedStates = async (_, id) => (id === 1 ? sequence : null);
    source.workOut = async (_, id) => {
      asked.push(id);
      if (id === 3) throw new Error('no worker');
      return { ...sequence, workedOut: true };
    };
    const of = {} as StateEntry;
    expect(await source.states(of, 1)).toBe(sequence);
    expect(await source.states(of, 2)).toMatchObject({ workedOut: true });
    await expect(source.states(of, 3)).rejects.toThrow('no worker');
    expect(await source.knownStates(of, 3)).toBeNull();
    expect(asked).toEqual([2, 3, 3]);
  });
});
