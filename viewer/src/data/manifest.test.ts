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

  it.each([
    ['', /not JSON/],
    ['<!doctype html>', /not JSON/],
    ['null', /one of rnnvis/],
    ['{"format":"other","version":1}', /one of rnnvis/],
    ['{"format":"rnnvis","version":99,"datasets":[]}', /version 99/],
    ['{"format":"rnnvis","version":0,"datasets":[]}', /version 0/],
    ['{"format":"rnnvis","version":0.5,"datasets":[]}', /version 0.5/],
    ['{"format":"rnnvis","version":1,"generator":"x","datasets":[]}', /datasets is empty/],
  ])('refuses %s', (source, message) => {
    expect(problemOf(source).what).toMatch(message);
  });

  it('names the field that is wrong', () => {
    const manifest = sampleManifest() as unknown as { datasets: { models: { states: { units: unknown }[] }[] }[] };
    manifest.datasets[0]!.models[0]!.states[0]!.units = '64';
    expect(problemOf(manifest).what).toContain('manifest.datasets[0].models[0].states[0].units must be a whole number');
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
