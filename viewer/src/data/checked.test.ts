import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { brokenPage, checked, crc32 } from './checked';
import { DataProblem } from './problem';
import { RemoteFile, Transport } from './remote';
import { Table } from './table';

const written = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../testing/${name}`, import.meta.url)));
const FILE = written('states.parquet');
/** Numbers and words as differences, as the table of words holds them. */
const WORDS = written('words.parquet');
const BORDERS = new Map([FILE, WORDS].map((file) => [file, border(file)]));
const BORDER = BORDERS.get(FILE)!;

/** Where the pages end. */
function border(file: Uint8Array): number {
  const footer = new DataView(file.buffer, file.byteOffset).getUint32(file.length - 8, true) + 8;
  for (let end = file.length - footer; end > 4; end -= 1)
    if (brokenPage(file.slice(4, end).buffer) === null) return end;
  throw new Error('no pages');
}

/** A server that answers ranges of `bytes`, for a file so large that none is fetched whole. */
function transport(bytes: Uint8Array): Transport {
  return new Transport((async (_url: string, init?: RequestInit) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('Range') ?? '')!;
    const body = bytes.slice(Number(from), Number(to) + 1);
    return new Response(body, { status: 206, headers: { 'Content-Range': `bytes ${from}-${to}/${bytes.length}` } });
  }) as unknown as typeof fetch);
}

function described(bytes: Uint8Array, whole = FILE) {
  return {
    path: 'x.parquet',
    bytes: bytes.length,
    rows: 234,
    sha256: '0'.repeat(64),
    first: 0,
    last: 59,
    index_bytes: whole.length - BORDERS.get(whole)!,
    index_crc32: crc32(whole.slice(BORDERS.get(whole))),
  };
}

class Ranged extends RemoteFile {
  override async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    return this.damaged.slice(start, end).buffer;
  }
  constructor(
    private readonly damaged: Uint8Array,
    whole = FILE,
  ) {
    super('https://example.org/x.parquet', described(damaged, whole), transport(damaged));
  }
}

describe('crc32', () => {
  it('is the usual one', () => expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926));
});

describe('checked', () => {
  it('lets whole pages and the whole index through', async () => {
    const file = checked(new Ranged(FILE));
    expect(new Uint8Array(await file.slice(4, BORDER))).toEqual(FILE.slice(4, BORDER));
    expect(new Uint8Array(await file.slice(FILE.length - 8, FILE.length))).toEqual(FILE.slice(-8));
  });

  it.each([
    ['states', FILE],
    ['words', WORDS],
  ])('finds a flipped bit wherever it lies in what pages of %s hold and in the index', async (_, whole) => {
    const end = BORDERS.get(whole)!;
    let random = 7;
    for (let i = 0; i < 300; i += 1) {
      random = (random * 1103515245 + 12345) % 2147483648;
      const at = 4 + (random % (whole.length - 4));
      const bytes = whole.slice();
      bytes[at]! ^= 1 << (i % 8);
      const file = checked(new Ranged(bytes, whole));
      const read = Promise.resolve(at < end ? file.slice(4, end) : file.slice(whole.length - 8, whole.length));
      const error = await read.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error === null) expect(at, 'only headers of pages have no checksum').toBeLessThan(end);
      else expect(error).toBeInstanceOf(DataProblem);
    }
  });

  it('leaves folders as they are that were published before pages had checksums', () => {
    const file = new RemoteFile(
      'https://example.org/x.parquet',
      { path: 'x.parquet', bytes: 9, rows: 1, sha256: '0'.repeat(64), first: null, last: null },
      new Transport(),
    );
    expect(checked(file)).toBe(file);
  });
});

describe('Table', () => {
  it('reads numbers and words that were written as differences', async () => {
    const read = await table('words', 300, WORDS).columns(0, 300, ['word_id', 'text']);
    expect(read.word_id).toEqual(Array.from({ length: 300 }, (_, id) => id));
    expect(read.text.slice(33, 36)).toEqual(['ça語', '日本do', '日本doing']);
    expect(read.text.slice(42)).toEqual(Array.from({ length: 258 }, (_, n) => `word${String(n).padStart(3, '0')}`));
  });

  it('gives no other value than the published one, but for the counts in the headers of pages', async () => {
    const right = JSON.stringify(await rows(FILE));
    let wrong = 0;
    for (let at = 4; at < BORDER; at += 5) {
      const bytes = FILE.slice();
      bytes[at]! ^= 0x55;
      const found = await rows(bytes).catch((error: unknown) => error);
      if (!(found instanceof DataProblem) && JSON.stringify(found) !== right) wrong += 1;
    }
    expect(wrong).toBeLessThanOrEqual(5);
  });
});

function table<N extends 'states' | 'words'>(name: N, count: number, bytes: Uint8Array): Table<N> {
  const of = new Table(
    name,
    { rows: count, files: [{ ...described(bytes, name === 'words' ? WORDS : FILE), rows: count }] },
    'https://example.org/manifest.json',
    transport(bytes),
  );
  Object.assign(of.files[0]!, {
    slice: (start: number, end = bytes.length) => Promise.resolve(bytes.slice(start, end).buffer),
    bytes: () => Promise.resolve(bytes.buffer),
  });
  return of;
}

async function rows(bytes: Uint8Array): Promise<unknown> {
  return (await table('states', 234, bytes).slice(0, 234, ['sentence_id', 'step', 'value'])).map((row) => [
    row.sentence_id,
    row.step,
    ...row.value,
  ]);
}
