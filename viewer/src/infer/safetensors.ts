/** The format of the weights: a header of JSON with the place of each tensor, then the numbers. */

import { DataProblem } from '../data/problem';
import type { Fault } from './fault';
import { finite } from './kernels';

export interface Tensor {
  shape: readonly number[];
  values: Float32Array;
}

export interface Weights {
  tensors: Map<string, Tensor>;
  /** What is no tensor of numbers: files in the file. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
  metadata: Record<string, string>;
}

const HEADER = 16 * 1024 * 1024;
const SIZE = { F32: 4, F16: 2, U8: 1 } as const;

/** Room for tensors of so many numbers, one after the other; null for those that have none. */
export type Rooms = (counts: readonly number[]) => readonly (Float32Array | null)[];

/**
 * The numbers go where `rooms` says, else stay where they are. Throws `DataProblem`, by `fault`, for anything that is not such a file in float32 or
 * float16.
 */
export function readSafetensors(bytes: ArrayBuffer, fault: Fault, rooms: Rooms = () => []): Weights {
  if (bytes.byteLength < 8) throw fault('is too short to be a model');
  const view = new DataView(bytes);
  const length = Number(view.getBigUint64(0, true));
  if (length > HEADER || length > bytes.byteLength - 8) throw fault('has a header longer than itself');
  const header = parsed(new Uint8Array(bytes, 8, length), fault);
  const start = 8 + length;
  const { __metadata__: metadata = {}, ...entries } = header;
  const placed = Object.entries(entries).map(([name, entry]) => ({ name, ...place(name, entry, bytes, start, fault) }));
  const files = placed.filter(({ dtype }) => dtype === 'U8');
  const numbers = placed.filter(({ dtype }) => dtype !== 'U8');
  const into = rooms(numbers.map(({ count }) => count));
  return {
    tensors: new Map(
      numbers.map((one, i) => [one.name, { shape: one.shape, values: valuesOf(one, bytes, into[i] ?? null, fault) }]),
    ),
    files: new Map(files.map(({ name, from, count }) => [name, new Uint8Array(bytes, from, count)])),
    metadata: texts(metadata, fault),
  };
}

function parsed(header: Uint8Array, fault: Fault): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
    if (isRecord(found)) return found;
  } catch (error) {
    if (error instanceof DataProblem) throw error;
  }
  throw fault('has a header that is no JSON object');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(entry: unknown, fault: Fault): Record<string, string> {
  if (!isRecord(entry) || !Object.values(entry).every((value) => typeof value === 'string'))
    throw fault('has metadata that are no texts');
  return entry as Record<string, string>;
}

interface Placed {
  dtype: keyof typeof SIZE;
  shape: readonly number[];
  from: number;
  count: number;
}

function place(name: string, entry: unknown, bytes: ArrayBuffer, start: number, fault: Fault): Placed {
  const of = `holds a tensor “${name}”`;
  if (!isRecord(entry)) throw fault(`${of} that is not described`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'U8')
    throw fault(`${of} of type ${String(dtype)}, not F32 or F16`);
  if (!isSizes(shape) || shape.length > 2) throw fault(`${of} of an absurd shape`);
  if (!isSizes(offsets) || offsets.length !== 2) throw fault(`${of} without a place`);
  const [from, to] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  if (to - from !== count * SIZE[dtype]) throw fault(`${of} whose shape [${shape.join(', ')}] does not fit its bytes`);
  if (start + to > bytes.byteLength) throw fault(`ends before its tensor “${name}”`);
  return { dtype, shape, from: start + from, count };
}

function valuesOf(
  { name, dtype, from, count }: Placed & { name: string },
  bytes: ArrayBuffer,
  into: Float32Array | null,
  fault: Fault,
): Float32Array {
  const values = dtype === 'F32' ? floats(bytes, from, count, into) : halves(bytes, from, count, into);
  if (!finite(values)) throw fault(`holds a tensor “${name}” with values that are no numbers`);
  return values;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function floats(bytes: ArrayBuffer, at: number, count: number, into: Float32Array | null): Float32Array {
  if (!into)
    return at % 4 === 0 ? new Float32Array(bytes, at, count) : new Float32Array(bytes.slice(at, at + 4 * count));
  new Uint8Array(into.buffer, into.byteOffset, 4 * count).set(new Uint8Array(bytes, at, 4 * count));
  return into;
}

/** IEEE 754 binary16. */
function halves(bytes: ArrayBuffer, at: number, count: number, into: Float32Array | null): Float32Array {
  const view = new DataView(bytes, at, 2 * count);
  const values = into ?? new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const half = view.getUint16(2 * i, true);
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) values[i] = fraction ? Number.NaN : sign * Infinity;
    else values[i] = sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
  }
  return values;
}
