import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DataProblem } from './problem';
import { Transport } from './remote';
import { Table } from './table';
import type { TableEntry } from './types';

/** 60 sentences of 1 + s % 7 steps; the state of step t of sentence s is [s + t/8, −(s + t/8), 0]. Groups of 64 rows. */
const FILE = readFileSync(new URL('../testing/states.parquet', import.meta.url));
const ROWS = 234;

async function entry(bytes: Uint8Array<ArrayBuffer>, rows: number): Promise<TableEntry> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { rows, files: [{ path: 'states.parquet', bytes: bytes.length, rows, sha256, first: 0, last: 59 }] };
}

async function open(bytes: Uint8Array<ArrayBuffer>, rows = ROWS): Promise<Table<'states'>> {
  const transport = new Transport(async () => new Response(bytes));
  return new Table('states', await entry(bytes, rows), 'https://example.org/data/manifest.json', transport);
}

describe('Table', () => {
  let table: Table<'states'>;
  beforeAll(async () => {
    table = await open(new Uint8Array(FILE));
  });

  it('finds the rows of a sentence, wherever they lie in their group', async () => {
    for (const id of [0, 6, 16, 17, 33, 59]) {
      const rows = await table.where({ sentence_id: id }, ['step', 'value']);
      expect(rows.map((row) => row.step)).toEqual(Array.from({ length: 1 + (id % 7) }, (_, step) => step));
      expect(rows.map((row) => Array.from(row.value))).toEqual(
        rows.map((row) => [id + row.step / 8, -(id + row.step / 8), 0]),
      );
    }
  });

  it('gives nothing for a column that may be null and was declared after the file was written', async () => {
    const bytes = new Uint8Array(FILE);
    const steps = new Table(
      'steps',
      await entry(bytes, ROWS),
      'https://example.org/data/manifest.json',
      new Transport(async () => new Response(bytes)),
    );
    expect(await steps.where({ sentence_id: 2 }, ['step', 'loss'])).toEqual(
      [0, 1, 2].map((step) => ({ step, loss: null })),
    );
    expect(await steps.slice(0, 2, ['loss', 'push'])).toEqual([
      { loss: null, push: null },
      { loss: null, push: null },
    ]);
    expect(await steps.columns(0, 2, ['step', 'loss'])).toEqual({ step: [0, 0], loss: [] });
    await expect(steps.slice(0, 2, ['step', 'token_id'])).rejects.toThrow('column not found: token_id');
  });

  it('finds every class of a word, though words with gaps may have as many rows as numbers', async () => {
    const bytes = new Uint8Array(readFileSync(new URL('../testing/effects.parquet', import.meta.url)));
    const effects = new Table(
      'word_effects',
      await entry(bytes, 6), // words 0, 3 and 5, two classes each; effects are word + class / 4
      'https://example.org/data/manifest.json',
      new Transport(async () => new Response(bytes)),
    );
    const of = async (word: number): Promise<number[]> =>
      (await effects.where({ word_id: word }, ['effect'])).map((row) => row.effect);
    expect(await of(3)).toEqual([3, 3.25]);
    expect(await of(5)).toEqual([5, 5.25]);
    expect(await of(4)).toEqual([]);
  });

  it('finds one step, and nothing where there is nothing', async () => {
    expect(await table.where({ sentence_id: 20, step: 3 }, ['value'])).toHaveLength(1);
    expect(await table.where({ sentence_id: 20, step: 100 }, ['value'])).toEqual([]);
    expect(await table.where({ sentence_id: 1000 }, ['value'])).toEqual([]);
  });

  it('reads rows by position', async () => {
    expect((await table.slice(0, 2, ['sentence_id', 'step'])).map((row) => row.sentence_id)).toEqual([0, 1]);
    expect(await table.all(['step'])).toHaveLength(ROWS);
  });

  it('reads columns as it reads rows, across groups and where pages begin before the first row', async () => {
    for (const [start, end] of [
      [0, 3],
      [60, 70],
      [100, 234],
      [0, 234],
    ] as const) {
      const rows = await table.slice(start, end, ['sentence_id', 'step', 'value']);
      const columns = await table.columns(start, end, ['sentence_id', 'step', 'value']);
      expect(columns.sentence_id).toEqual(rows.map((row) => row.sentence_id));
      expect(columns.step).toEqual(rows.map((row) => row.step));
      expect(columns.value).toEqual(rows.map((row) => row.value));
    }
    expect((await table.columns(5, 5, ['step'])).step).toEqual([]);
  });

  it('finds the columns of a sentence', async () => {
    for (const id of [0, 16, 33, 59]) {
      const rows = await table.where({ sentence_id: id }, ['step', 'value']);
      const columns = await table.columnsWhere({ sentence_id: id }, ['step', 'value']);
      expect(columns.step).toEqual(rows.map((row) => row.step));
      expect(columns.value).toEqual(rows.map((row) => row.value));
    }
    expect((await table.columnsWhere({ sentence_id: 1000 }, ['step'])).step).toEqual([]);
  });

  it('says that a file is not Parquet, and what its checksum must be', async () => {
    const text = await open(new TextEncoder().encode('<!doctype html><title>Not found</title>'), 1);
    const error = await text.all(['step']).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataProblem);
    expect((error as DataProblem).what).toContain('cannot be read as Parquet');
    expect((error as DataProblem).fix).toMatch(/SHA-256 must be [0-9a-f]{64}/);
  });
});
