import { describe, expect, it } from 'vitest';
import { sampleManifest } from '../testing/manifest';
import { fetchManifest, readManifest } from './manifest';
import { DataProblem } from './problem';
import { Transport } from './remote';

const URL_ = 'https://example.org/manifest.json';

function problemOf(value: unknown): DataProblem {
  try {
    readManifest(typeof value === 'string' ? value : JSON.stringify(value), URL_);
  } catch (error) {
    expect(error).toBeInstanceOf(DataProblem);
    return error as DataProblem;
  }
  throw new Error('it was accepted');
}

describe('readManifest', () => {
  it('accepts a good one', () => {
    expect(readManifest(JSON.stringify(sampleManifest()), URL_).datasets[0]!.models).toHaveLength(2);
  });

  it('shows what in a name would turn the direction of other text, or begin a line', () => {
    const manifest = sampleManifest();
    const dataset = manifest.datasets[0]!;
    const model = dataset.models[0]!;
    for (const named of [dataset, model, model.states[0]!]) named.title = `Name \u202e\n${'x'.repeat(300)}`;
    dataset.about = 'a\u2066b';
    dataset.labels = model.classes = ['good\u202e', 'bad'];
    const read = readManifest(JSON.stringify(manifest), URL_).datasets[0]!;
    for (const named of [read, read.models[0]!, read.models[0]!.states[0]!])
      expect(named.title).toBe(`Name ◌◌${'x'.repeat(300)}`);
    expect(read.about).toBe('a◌b');
    expect([read.labels, read.models[0]!.classes]).toEqual([
      ['good◌', 'bad'],
      ['good◌', 'bad'],
    ]);
  });

  it.each([
    ['', /not JSON/],
    ['<!doctype html>', /not JSON/],
    ['null', /one of rnnvis/],
    ['{"format":"other","version":1}', /one of rnnvis/],
    ['{"format":"rnnvis","version":99,"datasets":[]}', /version 99/],
    ['{"format":"rnnvis","version":0,"datasets":[]}', /version 0/],
    ['{"format":"rnnvis","version":0.5,"datasets":[]}', /version 0.5/],
    ['{"format":"rnnvis","version":1,"generator":"x","datasets":[]}', /datasets must be a list that is not empty/],
  ])('refuses %s', (source, message) => {
    expect(problemOf(source).what).toMatch(message);
  });

  it('names the field that is wrong', () => {
    const manifest = sampleManifest() as unknown as { datasets: { models: { states: { units: unknown }[] }[] }[] };
    manifest.datasets[0]!.models[0]!.states[0]!.units = '64';
    expect(problemOf(manifest).what).toContain(
      'manifest.datasets[0].models[0].states[0].units must be a whole number from 0 on',
    );
  });

  it('passes over fields that it does not know, and misses none that may be missing', () => {
    const manifest = sampleManifest();
    Object.assign(manifest.datasets[0]!.models[0]!.states[0]!, { colour: 'red' });
    delete manifest.datasets[0]!.about;
    manifest.datasets[0]!.first_view = null;
    expect(readManifest(JSON.stringify(manifest), URL_).datasets).toHaveLength(1);
  });

  const first = (manifest: ReturnType<typeof sampleManifest>) => manifest.datasets[0]!;
  it.each<[(manifest: ReturnType<typeof sampleManifest>) => void, string]>([
    [(m) => delete (first(m) as Partial<ReturnType<typeof first>>).title, 'datasets[0].title must be text'],
    [(m) => Object.assign(first(m).models[0]!, { states: [] }), 'models[0].states must be a list that is not empty'],
    [
      (m) => Object.assign(first(m).models[0]!, { kind: 'oracle' }),
      'kind must be classifier or language model or recording',
    ],
    [(m) => Object.assign(first(m).models[0]!, { seed: '0' }), 'models[0].seed must be a whole number'],
    [
      (m) => Object.assign(first(m).tables['words']!, { rows: null }),
      'tables.words.rows must be a whole number from 0 on',
    ],
    [(m) => Object.assign(first(m).tables['words']!.files[0]!, { sha256: '0' }), 'files[0].sha256 must be a SHA-256'],
    [(m) => Object.assign(first(m).splits, { train: '5' }), 'splits.train must be a whole number from 0 on'],
    [(m) => Object.assign(first(m), { view: [] }), 'datasets[0].view must be an object'],
    [
      (m) =>
        Object.assign(first(m), {
          first_view: {
            path: 'a.pack',
            bytes: 1,
            sha256: '0'.repeat(64),
            slices: [{ model: null, state: null, table: 'words', keys: { k: [1.5] }, start: 0, end: 1 }],
          },
        }),
      'keys.k[0] must be text or a whole number',
    ],
    [(m) => Object.assign(m, { datasets: {} }), 'manifest.datasets must be a list'],
  ])('says what a field must be: %#', (change, said) => {
    const manifest = sampleManifest();
    change(manifest);
    expect(problemOf(manifest).what).toContain(said);
  });

  it('refuses paths that leave the folder', () => {
    const manifest = sampleManifest();
    manifest.datasets[0]!.tables['words']!.files[0]!.path = '../../secret.parquet';
    expect(problemOf(manifest).what).toContain('path must be the name of a Parquet file');
    manifest.datasets[0]!.tables['words']!.files[0]!.path = 'https://elsewhere.example/x.parquet';
    expect(problemOf(manifest).what).toContain('path must be the name of a Parquet file');
  });
});

describe('fetchManifest', () => {
  it('says that there is none', async () => {
    const transport = new Transport(async () => new Response('', { status: 404 }));
    await expect(fetchManifest(URL_, transport)).rejects.toThrow('There is no data here');
  });
});
