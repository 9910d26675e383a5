import { DataProblem } from './problem';
import { FORMAT, VERSION } from './schema';
import type { Transport } from './remote';
import type { Manifest } from './types';

type Check = (value: unknown, at: string) => void;

class Wrong extends Error {}

const text: Check = (value, at) => {
  if (typeof value !== 'string') throw new Wrong(`${at} must be text`);
};
const flag: Check = (value, at) => {
  if (typeof value !== 'boolean') throw new Wrong(`${at} must be true or false`);
};
const count: Check = (value, at) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw new Wrong(`${at} must be a whole number`);
};
const nullable =
  (check: Check): Check =>
  (value, at) => {
    if (value !== null && value !== undefined) check(value, at);
  };
const integer: Check = (value, at) => {
  if (!Number.isInteger(value)) throw new Wrong(`${at} must be a whole number`);
};
const fileName: Check = (value, at) => {
  if (typeof value !== 'string' || !/^[\w.-]+\.parquet$/.test(value)) throw new Wrong(`${at} must be the name of a Parquet file`);
};
const packName: Check = (value, at) => {
  if (typeof value !== 'string' || !/^[\w.-]+\.pack$/.test(value)) throw new Wrong(`${at} must be the name of a published file`);
};
const sha256: Check = (value, at) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw new Wrong(`${at} must be a SHA-256`);
};
const list =
  (check: Check, least = 0): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw new Wrong(`${at} must be a list`);
    if (value.length < least) throw new Wrong(`${at} is empty`);
    value.forEach((item, i) => check(item, `${at}[${i}]`));
  };
const record =
  (check: Check): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Wrong(`${at} must be an object`);
    for (const [key, item] of Object.entries(value)) check(item, `${at}.${key}`);
  };
const shape =
  (fields: Record<string, Check>): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Wrong(`${at} must be an object`);
    for (const [key, check] of Object.entries(fields)) check((value as Record<string, unknown>)[key], `${at}.${key}`);
  };

const tables = record(
  shape({
    rows: count,
    files: list(
      shape({
        path: fileName,
        bytes: count,
        rows: count,
        sha256,
        first: nullable(integer),
        last: nullable(integer),
        index_bytes: nullable(count),
        index_crc32: nullable(count),
      }),
    ),
  }),
);

const state = shape({
  name: text,
  title: text,
  layer: count,
  kind: text,
  units: count,
  bounded: flag,
  read_by_head: flag,
  measured: shape({ splits: list(text), steps: count, sentences: count, minimum_count: count, frequent_count: count }),
  methods: list(text),
  selections: list(text),
  k: list(count),
  published_sentences: nullable(count),
  unclustered: nullable(text),
  tables,
});

const model = shape({
  name: text,
  title: text,
  kind: text,
  cell: text,
  hash: text,
  parameters: count,
  seed: nullable(integer),
  classes: list(text),
  provenance: record(() => undefined),
  tables,
  states: list(state, 1),
  epochs: nullable(list(shape({ epoch: count, hash: text, tables, states: list(state, 1) }))),
});

const slice = shape({ model: nullable(text), state: nullable(text), table: text, keys: record(list(() => undefined)), start: count, end: count });

const dataset = shape({
  name: text,
  title: text,
  licence: text,
  about: nullable(text),
  labels: list(text),
  splits: record(count),
  view: nullable(shape({ model: text, sentence: text, step: count, k: count, words: list(text) })),
  probes: record(text),
  first_view: nullable(shape({ path: packName, bytes: count, sha256, slices: list(slice) })),
  tables,
  models: list(model, 1),
});

const manifest = shape({ generator: text, datasets: list(dataset, 1) });

const ANEW = 'Publish the data again with “rnnvis publish”, and check it with “rnnvis verify”.';

/** The manifest, or a problem that names the field: nothing in it is trusted before this has looked at it. */
export function readManifest(source: string, url: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataProblem(`The manifest is not JSON: ${reason}`, url, ANEW);
  }
  const head = (value ?? {}) as { format?: unknown; version?: unknown };
  if (head.format !== FORMAT) {
    throw new DataProblem('The manifest does not say that it is one of rnnvis', url, 'Check the address in the attribute “src”.');
  }
  if (!Number.isInteger(head.version) || (head.version as number) < 1 || (head.version as number) > VERSION) {
    throw new DataProblem(
      `The data has format version ${String(head.version)}; this explorer reads versions up to ${VERSION}`,
      url,
      'Update the explorer, or publish the data with the version of rnnvis that it came with.',
    );
  }
  try {
    manifest(value, 'manifest');
  } catch (error) {
    if (error instanceof Wrong) throw new DataProblem(`The manifest is damaged: ${error.message}`, url, ANEW);
    throw error;
  }
  return value as Manifest;
}

export async function fetchManifest(url: string, transport: Transport): Promise<Manifest> {
  const { response, body } = await transport.get(url, { cache: 'no-cache' });
  if (!response.ok) {
    throw new DataProblem(
      response.status === 404 ? 'There is no data here' : `The server answered ${response.status}`,
      url,
      response.status === 404
        ? 'Publish it with “rnnvis publish”, or correct the address in the attribute “src”.'
        : 'Ask whoever runs the server to look at this address.',
    );
  }
  return readManifest(new TextDecoder().decode(body), url);
}
