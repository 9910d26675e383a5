import { afterEach, expect, test, vi } from 'vitest';
import { fetchAhead } from './ahead';

const MANIFEST = 'https://example.org/data/manifest.json';

function serving(manifest: string): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    return Promise.resolve(new Response(url === MANIFEST ? manifest : url));
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

test('the files of the first view are asked for with the manifest, and handed over once', async () => {
  const asked = serving(
    JSON.stringify({
      datasets: [{ first_view: { path: 'first.pack' }, tables: { words: { files: [{ path: 'words.parquet' }] } } }],
    }),
  );
  const fetcher = fetchAhead(MANIFEST, true);
  expect(await (await fetcher(MANIFEST)).text()).toContain('first.pack');
  expect(asked).toEqual([MANIFEST, 'https://example.org/data/first.pack', 'https://example.org/data/words.parquet']);
  await fetcher('https://example.org/data/first.pack');
  expect(asked).toHaveLength(3);
  await fetcher('https://example.org/data/first.pack');
  expect(asked).toHaveLength(4);
});

test.each([
  '{',
  'null',
  '{"datasets": 5}',
  '{"datasets": [{"first_view": {"path": "https://elsewhere.example/x"}, "tables": {"words": {"files": 3}}}]}',
])('nothing is asked for on the word of a manifest like %s', async (manifest) => {
  const asked = serving(manifest);
  expect(await (await fetchAhead(MANIFEST, true)(MANIFEST)).text()).toBe(manifest);
  expect(asked).toEqual([MANIFEST]);
});
