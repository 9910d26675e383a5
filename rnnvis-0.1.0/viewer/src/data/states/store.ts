import { DataProblem } from '../problem';
import type { Source } from '../source';
import type { StateEntry } from '../types';
import type { Chunk } from './score';
import type { Answer, Request, Task } from './worker';

export interface Loading {
  files: number;
  of: number;
  bytes: number;
  ofBytes: number;
}

/** All published steps of one state, in a worker that searches them: loaded file by file at the first search. */
export class StateStore {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: unknown) => void }>();
  private asked = 0;
  private filling: Promise<void> | null = null;
  private readonly listeners = new Set<() => void>();
  loaded: Loading;

  constructor(
    private readonly source: Source,
    readonly state: StateEntry,
  ) {
    const files = state.tables['states']?.files ?? [];
    this.loaded = { files: 0, of: files.length, bytes: 0, ofBytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'states' });
    this.worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.ask)?.resolve(data);
      this.waiting.delete(data.ask);
    });
    this.worker.addEventListener('error', (event) => this.fail(event.message || 'its worker did not run'));
  }

  /** Whether every file is there. */
  get complete(): boolean {
    return this.loaded.files === this.loaded.of;
  }

  /** Answers for the files that are there, one after another as they arrive; ends when all were searched or `signal` says so. */
  async search(
    task: Task,
    limit: number,
    signal: AbortSignal,
    found: (answer: Answer, complete: boolean) => void,
    tinted = true,
  ): Promise<void> {
    const filled = this.fill();
    filled.catch(() => undefined);
    let complete = false;
    while (!complete) {
      if (!this.loaded.files) await Promise.race([filled, this.more()]);
      signal.throwIfAborted();
      const { files } = this.loaded;
      complete = this.complete;
      const answer = await this.ask(task, limit, tinted);
      signal.throwIfAborted();
      found(answer, complete);
      if (!complete && files === this.loaded.files) await Promise.race([filled, this.more()]);
    }
  }

  close(): void {
    this.worker.terminate();
  }

  private ask(task: Task, limit: number, tinted: boolean): Promise<Answer> {
    const ask = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(ask, { resolve, reject });
      this.post({ ask, task, limit, tinted });
    });
  }

  private post(request: Request, transfer: Transferable[] = []): void {
    this.worker.postMessage(request, transfer);
  }

  private more(): Promise<void> {
    return new Promise((resolve) => {
      const once = (): void => {
        this.listeners.delete(once);
        resolve();
      };
      this.listeners.add(once);
    });
  }

  private fill(): Promise<void> {
    this.filling ??= this.load();
    this.filling.catch(() => (this.filling = null));
    return this.filling;
  }

  private async load(): Promise<void> {
    const table = this.source.table(this.state, 'states');
    if (!table)
      throw new DataProblem(
        `The states of ${this.state.title} were not published`,
        this.source.url,
        'Publish the data with states to search them.',
      );
    const database = await this.source.database();
    for (const file of table.files.slice(this.loaded.files)) {
      const rows = await database.arrow(
        `SELECT sentence_id, step::INTEGER AS step, value FROM ${await database.from([file])} WHERE step >= 0`,
      );
      const chunk = flat(rows, this.state.units);
      this.post({ add: chunk }, [chunk.values.buffer, chunk.sentences.buffer, chunk.steps.buffer]);
      this.loaded = { ...this.loaded, files: this.loaded.files + 1, bytes: this.loaded.bytes + file.byteLength };
      for (const listener of [...this.listeners]) listener();
    }
  }

  private fail(message: string): void {
    const problem = new DataProblem(
      `The states cannot be searched: ${message}`,
      this.source.url,
      'Reload the page; if it stays, this browser has no room for the states.',
    );
    for (const { reject } of this.waiting.values()) reject(problem);
    this.waiting.clear();
  }
}

interface Columns {
  numRows: number;
  getChild(name: string): { data: readonly unknown[]; toArray(): unknown };
}

interface ListBatch {
  length: number;
  offsets: Int32Array;
  children: [{ values: Float32Array }];
}

/** List columns as one array; the engine hands out their values in a row. */
function flat(rows: Columns, units: number): Chunk {
  const values = new Float32Array(rows.numRows * units);
  let at = 0;
  for (const batch of rows.getChild('value').data as ListBatch[]) {
    const start = batch.offsets[0]!;
    values.set(batch.children[0].values.subarray(start, batch.offsets[batch.length]), at);
    at += batch.length * units;
  }
  return {
    units,
    values,
    sentences: Int32Array.from(rows.getChild('sentence_id').toArray() as Int32Array),
    steps: Int32Array.from(rows.getChild('step').toArray() as Int32Array),
  };
}
