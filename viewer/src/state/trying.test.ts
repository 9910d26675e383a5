import { describe, expect, it } from 'vitest';
import type { Explorer } from './explorer.svelte';
import type { Reader } from './reader';
import { Trying } from './trying.svelte';

function opened(
  runtime: string | null,
  reason: string | null,
  bytes = 1000,
  act = (trying: Trying): void => trying.type(),
): Promise<string[]> {
  const asked: string[] = [];
  const model = {
    title: 'GRU',
    no_step_model: reason,
    step_model: reason === null ? { path: 'model', runtime, bytes } : null,
  };
  const view = { page: 'picture', towards: null, sentence: null };
  const explorer = {
    source: {},
    dataset: { title: 'Text', models: [model] },
    model,
    state: { name: 'rnn.0.h' },
    view,
    popover: null,
  };
  const trying = new Trying(explorer as unknown as Explorer);
  trying.use({ open: () => (asked.push(model.title), Promise.resolve()) } as unknown as Reader);
  act(trying);
  return new Promise((resolve) => setTimeout(() => resolve(asked)));
}

const near = (trying: Trying): void => trying.near();

describe('the field for a sentence', () => {
  it('has the model fetched before a word is typed', async () => {
    expect(await opened(null, null)).toEqual(['GRU']);
    expect(await opened(null, null, 90e6)).toEqual(['GRU']);
  });

  it('has a small one fetched once a pointer or the focus is at its button', async () => {
    expect(await opened(null, null, 1000, near)).toEqual(['GRU']);
    expect(await opened(null, null, 90e6, near)).toEqual([]);
    expect(await opened('onnx', null, 1000, near)).toEqual([]);
    expect(await opened(null, 'its shape is not known', 1000, near)).toEqual([]);
  });

  it('waits with what is heavy, and asks for nothing that is not there', async () => {
    expect(await opened('onnx', null)).toEqual([]);
    expect(await opened(null, 'its shape is not known')).toEqual([]);
  });
});
