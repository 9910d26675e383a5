import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { brokenPage, checked, crc32 } from './checked';
import { DataProblem } from './problem';
import { RemoteFile, Transport } from './remote';
import { Table } from './table';

const FILE = new Uint8Array(readFileSync(new URL('../testing/states.parquet', import.meta.url)));
/** Where the pages end. */
const BORDER = FILE.length - INDEX();

function INDEX(): number {
  const footer = new DataView(FILE.buffer, FILE.byteOffset).getUint32(FILE.length - 8, true) + 8;
  for (let size = footer; size < FILE.length - 4; size += 1) {
    const end = FILE.length - size;
    if (brokenPage(FILE.slice(4, end).buffer) === null) return size;
  }
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

function described(bytes: Uint8Array) {
  return {
    path: 'x.parquet',
    bytes: bytes.length,
    rows: 234,
    sha256: '0'.repeat(64),
    first: 0,
    last: 59,
    index_bytes: FILE.length - BORDER,
    index_crc32: crc32(FILE.slice(BORDER)),
  };
}

class Ranged extends RemoteFile {
  override async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    return this.damaged.slice(start, end).buffer;
  }
  constructor(private readonly damaged: Uint8Array) {
    super('https://example.org/x.parquet', described(damaged), transport(damaged));
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

  it('finds a flipped bit wherever it lies in what pages hold and in the index', async () => {
    let random = 7;
    for (let i = 0; i < 300; i += 1) {
      random = (random * 1103515245 + 12345) % 2147483648;
      const at = 4 + (random % (FILE.length - 4));
      const bytes = FILE.slice();
      bytes[at]! ^= 1 << (i % 8);
      const file = checked(new Ranged(bytes));
      const read = Promise.resolve(at < BORDER ? file.slice(4, BORDER) : file.slice(FILE.length - 8, FILE.length));
      const error = await read.then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error === null) expect(at, 'only headers of pages have no checksum').toBeLessThan(BORDER);
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

async function rows(bytes: Uint8Array): Promise<unknown> {
  const table = new Table(
    'states',
    { rows: 234, files: [described(bytes)] },
    'https://example.org/manifest.json',
    transport(bytes),
  );
  Object.assign(table.files[0]!, {
    slice: (start: number, end = bytes.length) => Promise.resolve(bytes.slice(start, end).buffer),
  });
  return (await table.slice(0, 234, ['sentence_id', 'step', 'value'])).map((row) => [
    row.sentence_id,
    row.step,
    ...row.value,
  ]);
}
