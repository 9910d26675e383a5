import { AsyncDuckDB, DuckDBDataProtocol, VoidLogger } from '@duckdb/duckdb-wasm';
import { DataProblem, outOfMemory } from './problem';
import type { RemoteFile } from './remote';
import { watch } from './silence';

/** Files up to this size are handed to DuckDB whole, fetched and checked as every other file; larger ones it reads in ranges. */
const WHOLE = 24 * 1024 * 1024;

/** Longest silence of an engine that starts, in ms: without memory for it, its worker says nothing at all. */
const SILENCE = 30_000;

/** Published files appear to DuckDB under this folder, and nothing else can be read. */
const FOLDER = 'published';

export interface Settings {
  /** Whether integers of 64 bits and decimals become plain numbers. */
  plainNumbers: boolean;
  /** Most memory that queries may take, in DuckDB's words; as much as there is without. */
  memory?: string;
  /** Hears how many bytes of the engine have arrived, unpacked, and what the server said of its size. */
  progress?: (loaded: number, size: EngineSize) => void;
  /** Hears that the engine has been silent for long, and that it is given up after so many seconds in all. */
  silent?: (seconds: number) => void;
}

/** What a server says of the engine's file before it sends it. */
export interface EngineSize {
  /** Bytes that come; null where the server does not say. */
  transfer: number | null;
  /** Whether they come packed: more of them arrive unpacked. */
  packed: boolean;
}

/** A DuckDB of its own in a worker of its own, without access to anything but registered files. */
export interface Engine {
  duckdb: AsyncDuckDB;
  connection: number;
  /** SQL for the rows of these files, as something to select from. */
  from: (files: readonly RemoteFile[]) => Promise<string>;
}

/** Starts DuckDB from `home`: same origin, no request elsewhere. */
export async function startEngine(home: string, { plainNumbers, memory, progress, silent }: Settings): Promise<Engine> {
  const folder = new URL('duckdb/', home).href;
  const script = new URL('duckdb-browser-eh.worker.js', folder).href;
  const module = new URL('duckdb-eh.wasm', folder).href;
  const quiet = watch(
    SILENCE,
    `nothing was heard of it for ${SILENCE / 1000} s, as when the browser is out of memory`,
    () => silent?.(SILENCE / 1000),
  );
  let worker: Worker | null = null;
  try {
    if (typeof WebAssembly !== 'object') throw new Error('this browser has no WebAssembly, or it is switched off');
    const [, answer] = await Promise.all([present(script), present(module)]);
    const size = sizeOf(answer);
    progress?.(0, size);
    worker = new Worker(script, { name: 'duckdb' });
    const duckdb = new AsyncDuckDB(new VoidLogger(), worker);
    const started = duckdb.instantiate(module, null, (at) => {
      quiet.heard();
      progress?.(at.bytesLoaded, size);
    });
    await Promise.race([started, failureOf(worker), quiet.over]);
    await duckdb.open({
      filesystem: { forceFullHTTPReads: false, allowFullHTTPReads: true },
      query: { castBigIntToDouble: plainNumbers, castDecimalToDouble: plainNumbers },
    });
    const connection = await duckdb.connectInternal();
    const settings = [
      `SET custom_extension_repository = ${literal(new URL('extensions', folder).href)}`,
      'LOAD parquet',
      `SET allowed_directories = [${literal(FOLDER)}]`,
      ...(memory ? [`SET memory_limit = ${literal(memory)}`] : []),
      'SET enable_external_access = false',
      'SET lock_configuration = true',
    ];
    for (const setting of settings) await duckdb.runQuery(connection, setting);
    return { duckdb, connection, from: registrar(duckdb) };
  } catch (error) {
    worker?.terminate();
    throw new DataProblem(
      `The search engine did not start: ${reason(error)}`,
      folder,
      outOfMemory(error)
        ? 'The browser has no memory left for it: close other tabs or programs and try again. The rest works without it.'
        : 'Search and rankings need it; the rest works without. Check that the folder “duckdb” of the explorer is on the server.',
    );
  } finally {
    quiet.stop();
  }
}

function registrar(duckdb: AsyncDuckDB): Engine['from'] {
  const files = new Map<string, Promise<string>>();
  const register = (file: RemoteFile): Promise<string> => {
    const name = `${FOLDER}/${file.file.path}`;
    let ready = files.get(name);
    if (!ready) {
      ready = hand(duckdb, file, name).then(() => name);
      files.set(name, ready);
      ready.catch(() => files.delete(name));
    }
    return ready;
  };
  return async (wanted) => `read_parquet([${(await Promise.all(wanted.map(register))).map(literal).join(', ')}])`;
}

async function hand(duckdb: AsyncDuckDB, file: RemoteFile, name: string): Promise<void> {
  if (file.byteLength > WHOLE) await duckdb.registerFileURL(name, file.url, DuckDBDataProtocol.HTTP, false);
  else await duckdb.registerFileBuffer(name, new Uint8Array((await file.bytes()).slice(0)));
}

/** Throws where the server has no such file: the engine itself would wait for it for ever. */
async function present(url: string): Promise<Response> {
  const answer = await fetch(url, { method: 'HEAD' });
  if (!answer.ok) throw new Error(`the server answered ${answer.status} for ${url}`);
  return answer;
}

/** The size of a file from the head of an answer. */
export function sizeOf({ headers }: Pick<Response, 'headers'>): EngineSize {
  const length = headers.get('Content-Length');
  const encoding = headers.get('Content-Encoding');
  return {
    transfer: length !== null && /^\d+$/.test(length) ? Number(length) : null,
    packed: encoding !== null && encoding !== '' && encoding !== 'identity',
  };
}

/** Never resolves; throws when the worker's script does not run. */
function failureOf(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      reject(new Error(event.message.replace(/^Uncaught (\w+: )?/, '') || 'its worker did not run'));
    });
  });
}

/** A SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A SQL identifier. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The first line of an engine's message, without its kind. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? text).replace(/^[A-Z][\w ]* Error: /, '');
}
