import { describe, expect, it } from 'vitest';
import { DataProblem } from './problem';
import { RemoteFile, Transport } from './remote';
import type { TableFile } from './types';

const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251);

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Served {
  transport: Transport;
  file: RemoteFile;
  asked: string[];
}

async function serve(
  answer: (range: [number, number] | null) => Response,
  entry: Partial<TableFile> = {},
): Promise<Served> {
  const asked: string[] = [];
  const fetcher = (async (_url: string, init?: RequestInit) => {
    const range = new Headers(init?.headers).get('Range');
    asked.push(range ?? 'whole');
    const parts = /bytes=(\d+)-(\d+)/.exec(range ?? '');
    return answer(parts ? [Number(parts[1]), Number(parts[2])] : null);
  }) as unknown as typeof fetch;
  const transport = new Transport(fetcher);
  const described = {
    path: 'x.parquet',
    bytes: BYTES.length,
    rows: 1,
    sha256: await digest(BYTES),
    first: null,
    last: null,
    ...entry,
  };
  return { transport, file: new RemoteFile('https://example.org/x.parquet', described, transport), asked };
}

function partial(range: [number, number] | null): Response {
  if (!range) return new Response(BYTES);
  const [start, end] = range;
  return new Response(BYTES.slice(start, end + 1), {
    status: 206,
    headers: { 'Content-Range': `bytes ${start}-${end}/${BYTES.length}` },
  });
}

const whole = (): Response => new Response(BYTES);

async function problem(read: Promise<unknown>): Promise<DataProblem> {
  const error = await read.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataProblem);
  return error as DataProblem;
}

describe('RemoteFile', () => {
  it('reads ranges, joins neighbours, and keeps the end of the file', async () => {
    const { file, transport, asked } = await serve(partial);
    const [a, b, far] = await Promise.all([file.slice(1000, 1100), file.slice(1200, 1300), file.slice(90_000, 90_010)]);
    expect(new Uint8Array(a)).toEqual(BYTES.slice(1000, 1100));
    expect(new Uint8Array(b)).toEqual(BYTES.slice(1200, 1300));
    expect(new Uint8Array(far)).toEqual(BYTES.slice(90_000, 90_010));
    expect(asked).toEqual(['bytes=1000-1299', 'bytes=90000-90009']);
    await file.slice(BYTES.length - 8);
    await file.slice(BYTES.length - 500, BYTES.length - 400);
    expect(asked).toHaveLength(3);
    expect(transport.transfers).toMatchObject({ requests: 3, bytes: 300 + 10 + 20 * 1024 });
  });

  it('keeps the whole file where the server answers a range with everything, and asks for no range again', async () => {
    const { file, transport, asked } = await serve(whole);
    expect(new Uint8Array(await file.slice(5000, 5010))).toEqual(BYTES.slice(5000, 5010));
    expect(new Uint8Array(await file.slice(150_000, 150_010))).toEqual(BYTES.slice(150_000, 150_010));
    expect(asked).toHaveLength(1);
    expect(transport.ranges).toBe(false);
  });

  it('says that a file is missing', async () => {
    const { file } = await serve(() => new Response('', { status: 404 }));
    expect((await problem(file.slice(0, 10))).what).toBe('A data file is missing');
  });

  it('says that a file is truncated, by range and as a whole', async () => {
    const short = await serve(
      () => new Response(BYTES.slice(0, 10), { status: 206, headers: { 'Content-Range': 'bytes 0-9/10' } }),
    );
    expect((await problem(short.file.slice(0, 100))).what).toContain('has 10 bytes, not the 200,000');
    const cut = await serve(() => new Response(BYTES.slice(0, 100_000)));
    expect((await problem(cut.file.slice(0, 100))).fix).toContain('SHA-256');
    const beyond = await serve(() => new Response('', { status: 416 }));
    expect((await problem(beyond.file.slice(0, 100))).what).toContain('shorter');
  });

  it('names the checksum of a damaged file', async () => {
    const { file } = await serve(whole, { sha256: 'f'.repeat(64) });
    const found = await problem(file.bytes());
    expect(found.what).toContain('damaged');
    expect(found.fix).toContain('f'.repeat(64));
  });

  it('says that nothing answers', async () => {
    const transport = new Transport(() => Promise.reject(new TypeError('Failed to fetch')));
    const file = new RemoteFile(
      'https://example.org/x',
      { path: 'x', bytes: 10, rows: 1, sha256: '', first: null, last: null },
      transport,
    );
    expect((await problem(file.slice(0, 10))).what).toContain('could not be fetched');
  });
});
