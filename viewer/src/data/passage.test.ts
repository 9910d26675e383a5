import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadPassage } from './passage';
import type { Source } from './source';
import type { DatasetEntry, ModelEntry, StateEntry, StateSequence } from './types';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const state = { name: 'rnn.0.h' } as StateEntry;
const model = { states: [state] } as ModelEntry;
const dataset = { tables: {} } as DatasetEntry;
const sequence = { length: 1 } as StateSequence;

function source(workOut: () => Promise<StateSequence | null>, published: StateSequence | null = null): Source {
  return {
    sentenceByKey: async () => ({ id: 3, key: 'a' }),
    steps: async () => ({ length: 1 }),
    publishedStates: async () => published,
    workOut,
  } as unknown as Source;
}

it('shows what is published of a sentence while the model in the page works out its states', async () => {
  let worked = (_: StateSequence): void => undefined;
  const early = vi.fn();
  const slow = source(() => new Promise((resolve) => (worked = resolve)));
  const loading = loadPassage(slow, dataset, model, state, 'a', null, early);
  await vi.advanceTimersByTimeAsync(1000);
  expect(early.mock.calls).toEqual([
    [{ sentence: { id: 3, key: 'a' }, steps: { length: 1 }, sequence: null, signal: null }],
  ]);
  worked(sequence);
  expect(await loading).toMatchObject({ passage: { sequence, steps: { length: 1 } }, broken: null });
});

it('is shown at once as a whole where that comes soon, and works out nothing that is published', async () => {
  const early = vi.fn();
  const workOut = vi.fn(async () => sequence);
  expect(await loadPassage(source(workOut), dataset, model, state, 'a', null, early)).toMatchObject({
    passage: { sequence },
  });
  expect(await loadPassage(source(workOut, sequence), dataset, model, state, 'a', null, early)).toMatchObject({
    passage: { sequence },
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect([early.mock.calls.length, workOut.mock.calls.length]).toEqual([0, 1]);
});

it('says what the model failed at, beside what is there', async () => {
  const error = new Error('no memory');
  const failing = source(() => Promise.reject(error));
  expect(await loadPassage(failing, dataset, model, state, 'a')).toMatchObject({
    passage: { steps: { length: 1 }, sequence: null },
    broken: { error },
  });
});
