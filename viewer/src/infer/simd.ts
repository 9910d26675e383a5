/**
 * The products of `kernels.ts` in WebAssembly, two numbers at a time, with the same result to the last bit. The weights
 * lie in the memory that it reads.
 */

import { simdProgram } from './simdProgram';

/** Bytes for what the weights are multiplied with, and for what comes of it; then the weights begin. */
const READ = 256 * 1024;
const WRITTEN = 256 * 1024;
const PAGE = 64 * 1024;
/** Numbers that are copied at most, as they are in memory twice for a moment: 256 MB. */
const MOST = 64 * 1024 * 1024;

/** Rows of weights that are multiplied at once with a row of inputs, and with four. */
const TOGETHER = { 1: 4, 4: 1 } as const;

/** Sums, without a bias, of `rows` rows of weights: float64 [rows of inputs × rows]. All places are in bytes. */
type Multiply = (weights: number, width: number, rows: number, inputs: number, out: number) => void;

const living = new WeakMap<ArrayBufferLike, Simd>();

/** What multiplies the weights in a buffer; undefined where they are in no such memory. */
export function simdOf(buffer: ArrayBufferLike): Simd | undefined {
  return living.get(buffer);
}

/** Arrays of so many numbers in one such memory; none where there is no WebAssembly with SIMD, or not so much memory. */
export function rooms(counts: readonly number[]): Float32Array[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!total || total > MOST) return [];
  try {
    const memory = memoryOf(READ + WRITTEN + 4 * total);
    living.set(memory.buffer, new Simd(memory));
    let at = READ + WRITTEN;
    return counts.map((count) => {
      const room = new Float32Array(memory.buffer, at, count);
      at += 4 * count;
      return room;
    });
  } catch {
    return [];
  }
}

function memoryOf(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

export class Simd {
  private readonly multiply: Readonly<Record<1 | 4, Multiply>>;

  /** Throws where there is no WebAssembly, or none with SIMD. */
  constructor(private readonly memory: WebAssembly.Memory) {
    const shapes = ([1, 4] as const).map((count) => [TOGETHER[count], count]);
    const program = new WebAssembly.Module(simdProgram(shapes));
    const { products0, products1 } = new WebAssembly.Instance(program, { of: { memory } }).exports;
    this.multiply = { 1: products0 as Multiply, 4: products1 as Multiply };
  }

  /**
   * Multiplies rows of w from `from` on with `count` rows of x [count × width], which begin at `at`: out[place + r · stride
   * + m − from]. Returns the first row of w that is left: rows that are too few or too wide to go together.
   */
  affine(
    w: Float32Array,
    bias: Float32Array | null,
    width: number,
    from: number,
    to: number,
    x: Float32Array,
    at: number,
    count: 1 | 4,
    out: Float32Array,
    place: number,
    stride: number,
  ): number {
    if (width < 2 || 8 * count * width > READ) return from;
    const inputs = new Float64Array(this.memory.buffer, 0, count * width);
    for (let k = 0; k < inputs.length; k++) inputs[k] = x[at + k]!;
    const most = WRITTEN / (8 * count);
    let next = from;
    for (;;) {
      const some = Math.min(to - next, most);
      const rows = some - (some % TOGETHER[count]);
      if (!rows) return next;
      this.multiply[count](w.byteOffset + 4 * next * width, width, rows, 0, READ);
      const sums = new Float64Array(this.memory.buffer, READ, count * rows);
      for (let r = 0; r < count; r++) {
        const into = place + r * stride + next - from;
        for (let m = 0; m < rows; m++) out[into + m] = sums[r * rows + m]! + (bias ? bias[next + m]! : 0);
      }
      next += rows;
    }
  }
}
