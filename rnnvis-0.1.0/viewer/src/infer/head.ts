/** What stands between the states and the answer. */

import { asked } from './graphs';
import type { Work } from './kernels';
import { backward, forward, through } from './operations';
import type { Head, Place } from './parts';
import { sideBySide, stateColumns, type StackRun } from './stack';

/** What the head gives after each of `words`, [words × size], or of its numbers `from` to `to` alone. */
export function* answersAt(head: Head, run: StackRun, words: Int32Array, from = 0, to = head.size): Work<Float32Array> {
  if (!head.graph) return yield* outputs(head, readAt(head, run, words), words.length, from, to);
  const values = yield* asked(head, run, words);
  return to - from < head.size ? part(values, words.length, head.size, from, to) : values;
}

/** What the head gives for `rows` of what it reads [rows × width]: [rows × size], or of its numbers `from` to `to` alone. */
function* outputs(head: Head, x: Float32Array, rows: number, from = 0, to = head.size): Work<Float32Array> {
  const { operations, width, size } = head;
  const norm = operations.findLastIndex(({ kind }) => kind === 'norm');
  const last = operations.findLastIndex(({ kind }) => kind === 'linear');
  // A norm reads all numbers of a row.
  if (last > norm) return yield* through(operations, x, rows, width, last, from, to);
  const values = yield* through(operations, x, rows, width);
  return to - from < size ? part(values, rows, size, from, to) : values;
}

function part(values: Float32Array, rows: number, width: number, from: number, to: number): Float32Array {
  const found = new Float32Array(rows * (to - from));
  for (let r = 0; r < rows; r++) found.set(values.subarray(r * width + from, r * width + to), r * (to - from));
  return found;
}

/**
 * The slope of Σ `of`[j] · output j at the point x [width]: float64 [width]. Of a head of linear layers it is the same
 * everywhere.
 */
export function slope(head: Head, x: Float32Array, of: Float64Array): Float64Array {
  const points: Float64Array[] = [];
  let value: Float64Array = Float64Array.from(x);
  for (const operation of head.operations) {
    points.push(value);
    value = forward(operation, value);
  }
  let back = of;
  for (let i = head.operations.length - 1; i >= 0; i--) back = backward(head.operations[i]!, points[i]!, back);
  return back;
}

export function isLinear(head: Head): boolean {
  return head.operations.every(({ kind }) => kind === 'linear');
}

/** What the head reads for its answer after each of `words`, [words × width]. */
function readAt(head: Head, run: StackRun, words: Int32Array): Float32Array {
  if (head.at === 'mean' || head.at === 'max') return pooled(head, run, words);
  const columns = head.reads.map((place) => {
    const of = stateColumns(place, run);
    return head.at !== 'each' && !head.along ? { ...of, row: () => endOf(head, place, run.steps) } : of;
  });
  return sideBySide(columns, head.width, words);
}

/** The word at which the answer to the whole sequence reads a state. */
export function endOf(head: Head, place: Place, steps: number): number {
  return place.layer.reversed && head.at === 'last' ? 0 : steps - 1;
}

/** Mean or maximum of the states from the first word to each of `words`, which ascend; to the last word alone of a head that cannot be asked before. */
function pooled(head: Head, run: StackRun, words: Int32Array): Float32Array {
  const out = new Float32Array(words.length * head.width);
  const sum = new Float64Array(head.width).fill(head.at === 'max' ? -Infinity : 0);
  let next = 0;
  for (let i = 0; i < words.length; i++) {
    for (; next <= words[i]!; next++) {
      const row = sideBySide(
        head.reads.map((place) => stateColumns(place, run)),
        head.width,
        Int32Array.of(next),
      );
      for (let k = 0; k < head.width; k++) sum[k] = head.at === 'max' ? Math.max(sum[k]!, row[k]!) : sum[k]! + row[k]!;
    }
    for (let k = 0; k < head.width; k++) out[i * head.width + k] = head.at === 'max' ? sum[k]! : sum[k]! / next;
  }
  return out;
}
