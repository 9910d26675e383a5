import { DataProblem, outOfMemory } from './problem';
import type { TableFile } from './types';

/** What went over the network, for the loading messages and the tests. */
export interface Transfers {
  bytes: number;
  requests: number;
  /** Requests that were made, answered or not. */
  asked: number;
  /** Name of a file that has been silent for a while; null where none is. */
  waiting: string | null;
}

/** After so much silence, in ms, a file is named as waited for; after so much it is given up. */
const SILENT = 4_000;
const GIVEN_UP = 60_000;

/** Files up to this size are fetched whole: one request costs less than two. */
const WHOLE = 64 * 1024;
/** How much of a file's end is read at first: the footer and the page indexes before it. */
const TAIL = 20 * 1024;
/** Ranges with less than this between them are fetched as one. */
const GAP = 8 * 1024;
/** How much of a file is kept at most: neighbours are often asked for next. */
const KEPT = 4 * 1024 * 1024;

const REPUBLISH = 'Publish the data again, or restore this file from the published folder.';

/** Fetches, counts and checks; shared by all files of one manifest. */
export class Transport {
  readonly transfers: Transfers = { bytes: 0, requests: 0, asked: 0, waiting: null };
  private readonly silent = new Set<string>();
  /** False once a server has answered a range request with the whole file. */
  ranges = true;

  constructor(
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
    private readonly changed: (transfers: Transfers) => void = () => undefined,
  ) {}

  async get(url: string, init: RequestInit = {}): Promise<{ response: Response; body: ArrayBuffer }> {
    let response: Response;
    let body: ArrayBuffer;
    const watch = new Watch((silent) => this.hear(url, silent));
    this.transfers.asked += 1;
    try {
      response = await this.fetcher(url, { ...init, signal: watch.signal });
      watch.alive();
      body = response.ok ? await wholeBody(response, () => watch.alive()) : new ArrayBuffer(0);
    } catch (error) {
      if (outOfMemory(error)) throw error;
      if (watch.signal.aborted) {
        throw new DataProblem(
          `The server has sent nothing for ${GIVEN_UP / 1000} seconds`,
          url,
          'Check the connection and that the server is not busy, then try again: what has arrived is kept.',
        );
      }
      throw new DataProblem(
        'The file could not be fetched',
        url,
        globalThis.location?.protocol === 'file:'
          ? 'Browsers do not let a page opened from disk read files: serve the folder, for example with “rnnvis serve”.'
          : 'Check the connection and that the server is still running, then try again.',
      );
    } finally {
      watch.stop();
    }
    if (response.ok) {
      this.transfers.bytes += body.byteLength;
      this.transfers.requests += 1;
      this.changed(this.transfers);
    }
    return { response, body };
  }

  private hear(url: string, silent: boolean): void {
    const name = url.slice(url.lastIndexOf('/') + 1);
    if (silent === this.silent.has(name)) return;
    if (silent) this.silent.add(name);
    else this.silent.delete(name);
    this.transfers.waiting = [...this.silent][0] ?? null;
    this.changed(this.transfers);
  }
}

/** Says when a request has been silent for a while, and ends it after much longer. */
class Watch {
  private readonly controller = new AbortController();
  private heard = performance.now();
  private timer = setTimeout(() => this.look(), SILENT);
  private silent = false;

  constructor(private readonly said: (silent: boolean) => void) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Of a large file thousands of times: no timer is set anew. */
  alive(): void {
    this.heard = performance.now();
    if (this.silent) this.said((this.silent = false));
  }

  stop(): void {
    clearTimeout(this.timer);
    if (this.silent) this.said((this.silent = false));
  }

  private look(): void {
    const since = performance.now() - this.heard;
    if (since >= GIVEN_UP) return this.controller.abort();
    if (since >= SILENT && !this.silent) this.said((this.silent = true));
    this.timer = setTimeout(() => this.look(), (since < SILENT ? SILENT : GIVEN_UP) - since);
  }
}

async function wholeBody(response: Response, arrived: () => void): Promise<ArrayBuffer> {
  if (!response.body) return response.arrayBuffer();
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    arrived();
    parts.push(part.value);
    size += part.value.byteLength;
  }
  if (parts.length === 1 && parts[0]!.byteLength === parts[0]!.buffer.byteLength)
    return parts[0]!.buffer as ArrayBuffer;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole.buffer;
}

interface Block {
  start: number;
  end: number;
  bytes: Promise<ArrayBuffer>;
}

interface Wish {
  /** Where to begin fetching: before `start` at the end of the file, where more will be wanted. */
  from: number;
  start: number;
  end: number;
  settle: (bytes: Promise<ArrayBuffer>) => void;
}

/** One published file, read in ranges where the server knows them; the shape that hyparquet reads from. */
export class RemoteFile {
  readonly byteLength: number;
  private whole: Promise<ArrayBuffer> | null = null;
  /** Ranges fetched or under way; the one used last stands last. */
  private blocks: Block[] = [];
  private wishes: Wish[] = [];

  constructor(
    readonly url: string,
    readonly file: TableFile,
    private readonly transport: Transport,
  ) {
    this.byteLength = file.bytes;
  }

  /** Whether the whole file is here and its SHA-256 was right. */
  get proven(): boolean {
    return this.whole !== null && Boolean(globalThis.crypto?.subtle);
  }

  /** Whether it is read in ranges: not when it is small, nor where the server sends whole files only. */
  get ranged(): boolean {
    return this.byteLength > WHOLE && this.transport.ranges && this.whole === null;
  }

  async slice(start: number, end: number = this.byteLength): Promise<ArrayBuffer> {
    if (this.byteLength <= WHOLE || !this.transport.ranges) this.fetchWhole();
    if (this.whole) return (await this.whole).slice(start, end);
    const from = end === this.byteLength ? Math.max(0, Math.min(start, end - TAIL)) : start;
    const held = this.blocks.find((block) => block.start <= start && end <= block.end);
    if (held) {
      this.blocks.splice(this.blocks.indexOf(held), 1);
      this.blocks.push(held);
      return (await held.bytes).slice(start - held.start, end - held.start);
    }
    return new Promise((resolve) => {
      if (!this.wishes.length) setTimeout(() => this.grant());
      this.wishes.push({ from, start, end, settle: resolve });
    });
  }

  /** The whole file, checked against its SHA-256. */
  async bytes(): Promise<ArrayBuffer> {
    this.fetchWhole();
    return this.whole!;
  }

  /** Fetches everything asked for in this turn; neighbours share a request. */
  private grant(): void {
    const wishes = this.wishes.sort((a, b) => a.from - b.from);
    this.wishes = [];
    while (wishes.length) {
      const group = [wishes.shift()!];
      let { end } = group[0]!;
      while (wishes.length && wishes[0]!.from <= end + GAP) {
        const next = wishes.shift()!;
        end = Math.max(end, next.end);
        group.push(next);
      }
      const start = group[0]!.from;
      const bytes = this.keep(start, end);
      for (const wish of group) wish.settle(bytes.then((body) => body.slice(wish.start - start, wish.end - start)));
    }
  }

  private keep(start: number, end: number): Promise<ArrayBuffer> {
    const block = { start, end, bytes: this.range(start, end) };
    this.blocks.push(block);
    block.bytes.catch(() => (this.blocks = this.blocks.filter((other) => other !== block)));
    let size = this.blocks.reduce((sum, other) => sum + other.end - other.start, 0);
    while (size > KEPT && this.blocks.length > 1) {
      const oldest = this.blocks.shift()!;
      size -= oldest.end - oldest.start;
    }
    return block.bytes;
  }

  private fetchWhole(): void {
    if (this.whole) return;
    const whole = this.loadWhole();
    this.whole = whole;
    whole.catch(() => {
      if (this.whole === whole) this.whole = null;
    });
  }

  private async loadWhole(): Promise<ArrayBuffer> {
    const { response, body } = await this.transport.get(this.url);
    this.expectFound(response);
    return this.verified(body);
  }

  private async range(start: number, end: number): Promise<ArrayBuffer> {
    const { response, body } = await this.transport.get(this.url, { headers: { Range: `bytes=${start}-${end - 1}` } });
    if (response.status === 416) throw this.truncated(null);
    this.expectFound(response);
    if (response.status !== 206) {
      this.transport.ranges = false;
      this.whole ??= this.verified(body);
      return (await this.whole).slice(start, end);
    }
    const total = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
    if (total !== undefined && Number(total) !== this.byteLength) throw this.truncated(Number(total));
    if (body.byteLength !== end - start) throw this.truncated(null);
    return body;
  }

  private expectFound(response: Response): void {
    if (response.ok) return;
    throw new DataProblem(
      response.status === 404 ? 'A data file is missing' : `The server answered ${response.status}`,
      this.url,
      response.status === 404 ? REPUBLISH : 'Ask whoever runs the server to look at this address.',
    );
  }

  private truncated(bytes: number | null): DataProblem {
    const size = bytes === null ? 'is shorter than' : `has ${bytes.toLocaleString('en')} bytes, not`;
    return new DataProblem(
      `A data file ${size} the ${this.byteLength.toLocaleString('en')} bytes that the manifest names`,
      this.url,
      `${REPUBLISH} Its SHA-256 must be ${this.file.sha256}.`,
    );
  }

  private async verified(body: ArrayBuffer): Promise<ArrayBuffer> {
    if (body.byteLength !== this.byteLength) throw this.truncated(body.byteLength);
    if (globalThis.crypto?.subtle) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
      const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      if (hex !== this.file.sha256) {
        throw new DataProblem(
          'A data file is damaged: its SHA-256 is not the one that the manifest names',
          this.url,
          `${REPUBLISH} Its SHA-256 must be ${this.file.sha256}.`,
        );
      }
    }
    return body;
  }
}
