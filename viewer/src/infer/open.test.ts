import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RemoteFile, Transport } from '../data/remote';
import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry } from '../data/types';
import { openStepModel } from './open';

vi.setConfig({ testTimeout: 60_000 });

const BYTES = Uint8Array.from(
  Buffer.from(
    (
      JSON.parse(readFileSync(new URL('../testing/stepFormulas.json', import.meta.url), 'utf8')) as { file: string }[]
    )[0]!.file,
    'base64',
  ),
);
const ENTRY = {
  path: 'step_model-1.safetensors',
  bytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
  format: 1,
};

/** Opens a model whose file the server answers with `bytes`; `asked` counts its requests. */
async function open(
  entry: object | null,
  bytes: Uint8Array<ArrayBuffer> | null = BYTES,
  more: object = {},
): Promise<{ what: string; asked: number }> {
  const transport = new Transport(() => Promise.resolve(new Response(bytes, { status: bytes ? 200 : 404 })));
  const source = {
    file: ({ path, ...of }: { path: string; bytes: number; sha256: string }) =>
      new RemoteFile(`http://host/data/${path}`, { ...of, path, rows: 0, first: null, last: null }, transport),
  } as unknown as Source;
  const model = { title: 'The GRU', step_model: entry, ...more } as unknown as ModelEntry;
  const opened = openStepModel(source, {} as DatasetEntry, model);
  const what = await opened.then(
    ({ states }) => states.join(' '),
    (error: Error & { what?: string }) => error.what ?? error.message,
  );
  return { what, asked: transport.transfers.asked };
}

afterEach(() => vi.unstubAllGlobals());

describe('the file of a model', () => {
  it('is opened once it was proven', async () => {
    expect(await open(ENTRY)).toEqual({ what: 'rnn.0.h rnn.0.c', asked: 1 });
  });

  it.each([
    ['with the means of the browser', false],
    ['on a page without HTTPS', true],
  ])('is refused where a byte of it was changed: %s', async (_, bare) => {
    if (bare) vi.stubGlobal('crypto', {});
    expect((await open(ENTRY)).what).toBe('rnn.0.h rnn.0.c');
    const damaged = Uint8Array.from(BYTES);
    damaged[damaged.length - 2]! ^= 1;
    expect((await open(ENTRY, damaged)).what).toMatch(/damaged: its SHA-256/);
  });

  it('is refused where it is missing or cut off', async () => {
    expect((await open(ENTRY, null)).what).toMatch(/missing/);
    expect((await open(ENTRY, BYTES.slice(0, 100))).what).toMatch(/has 100 bytes, not/);
  });

  it('is not fetched where the manifest says that it cannot be run', async () => {
    const none = await open(null, BYTES, { no_step_model: '“attention” reads all words at once' });
    expect(none.what).toBe('The GRU was published without the model itself: “attention” reads all words at once');
    expect((await open({ ...ENTRY, format: 5 })).what).toMatch(/format 5, newer/);
    expect((await open({ ...ENTRY, bytes: 1e9 })).what).toMatch(/1,000 MB, too many/);
    for (const entry of [null, { ...ENTRY, format: 5 }, { ...ENTRY, bytes: 1e9 }])
      expect((await open(entry)).asked).toBe(0);
  });
});
