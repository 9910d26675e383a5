import { describe, expect, it } from 'vitest';
import type { Explorer } from './explorer.svelte';
import type { Reader } from './reader';
import { Trying } from './trying.svelte';

function opened(runtime: string | null, reason: string | null): Promise<string[]> {
  const asked: string[] = [];
  const model = { title: 'GRU', no_step_model: reason, step_model: reason === null ? { runtime } : null };
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
  trying.type();
  expect(explorer.popover).toBe('type');
  return new Promise((resolve) => setTimeout(() => resolve(asked)));
}

describe('the field for a sentence', () => {
  it('has the model fetched before a word is typed', async () => {
    expect(await opened(null, null)).toEqual(['GRU']);
  });

  it('waits with what is heavy, and asks for nothing that is not there', async () => {
    expect(await opened('onnx', null)).toEqual([]);
    expect(await opened(null, 'its shape is not known')).toEqual([]);
  });
});
