/** The steps of one recurrent layer: torch's formulas, with states held and steps of an earlier run taken over. */

import { hold, type Hold } from './holds';
import { refused } from './fault';
import { affine, finite, sigmoid, WORK, type Work } from './kernels';
import { GATES, type CellKind, type CellLayer, type Layer, type Part } from './parts';

/** A layer along a sequence, a row for each word in the order of the words. */
export interface LayerRun {
  /** States by part, [steps × units] each. */
  parts: ReadonlyMap<Part, Float32Array>;
  /** [steps × gates × units] of `GATE_NAMES`; none of a graph. */
  gates: Float32Array;
  /** What they started from. */
  initial: ReadonlyMap<Part, Float32Array>;
}

/** Steps whose inputs are multiplied at once. */
const TOGETHER = 32;

/** Names of the gates that are kept of a step, in order. */
export const GATE_NAMES: Record<CellKind, readonly string[]> = {
  lstm: ['input', 'forget', 'output'],
  gru: ['reset', 'update'],
  rnn_tanh: [],
  rnn_relu: [],
};

/** Float32 numbers that a step of the layer leaves behind. */
export function kept(layer: Layer): number {
  const gates = layer.cell === 'graph' ? 0 : GATE_NAMES[layer.cell].length * layer.units;
  return [...layer.parts.values()].reduce((sum, units) => sum + units, gates);
}

/**
 * Runs `steps` words. `inputs` writes what words [first, last) read into an array [n × width]. `earlier` is a run whose
 * `same` first steps (in the order in which the layer reads) were the same.
 */
export function* runLayer(
  layer: CellLayer,
  steps: number,
  inputs: (first: number, last: number) => Work<Float32Array>,
  holds: readonly Hold[],
  initial: LayerRun['initial'],
  earlier: LayerRun | null,
  same: number,
): Work<LayerRun> {
  const { units, output, width, reversed, cell } = layer;
  const gates = GATE_NAMES[cell].length * units;
  const run: LayerRun = { ...begun(layer, steps, earlier, same), gates: new Float32Array(steps * gates), initial };
  if (earlier) take(run.gates, earlier.gates, same * gates, reversed);
  const [h, c] = [run.parts.get('h')!, run.parts.get('c') ?? null];
  const [startH, startC] = [initial.get('h')!, initial.get('c') ?? null];
  const rows = GATES[cell] * units;
  const block = Math.max(1, Math.min(TOGETHER, Math.floor(WORK / (rows * width)) || 1));
  const read = new Float32Array(block * rows);
  const step = STEPS[cell];
  const scratch = new Float32Array(rows + units);
  let work = 0;
  for (let done = same; done < steps; done += block) {
    const count = Math.min(block, steps - done);
    const first = reversed ? steps - done - count : done;
    const x = yield* inputs(first, first + count);
    affine(layer.input, layer.inputBias, width, 0, rows, x, 0, count, read, rows);
    work += count * rows * width;
    for (let i = 0; i < count; i++) {
      if (work >= WORK) {
        yield;
        work = 0;
      }
      const word = reversed ? first + count - 1 - i : first + i;
      const before = reversed ? word + 1 : word - 1;
      const start = before < 0 || before >= steps;
      step({
        layer,
        holds,
        word,
        read,
        at: (word - first) * rows,
        gates: run.gates,
        hNow: h,
        cNow: c,
        h: start ? startH : h,
        hAt: start ? 0 : before * output,
        c: start ? startC : c,
        cAt: start ? 0 : before * units,
        scratch,
      });
      work += rows * output;
    }
  }
  checkFinite(h, `${layer.name}.h`, holds);
  return run;
}

/** Room for the states of a layer along `steps` words, with the `same` first ones of an earlier run in it. */
export function begun(
  layer: Layer,
  steps: number,
  earlier: LayerRun | null,
  same: number,
): Pick<LayerRun, 'parts'> & { parts: Map<Part, Float32Array> } {
  const parts = new Map([...layer.parts].map(([part, units]) => [part, new Float32Array(steps * units)]));
  for (const [part, units] of layer.parts)
    if (earlier) take(parts.get(part)!, earlier.parts.get(part)!, same * units, layer.reversed);
  return { parts };
}

/** Throws `DataProblem` where the values of `state` are no numbers. */
export function checkFinite(values: Float32Array, state: string, holds: readonly Hold[]): void {
  if (finite(values)) return;
  throw refused(
    `The state “${state}” grew beyond all numbers`,
    holds.some(({ scale }) => scale !== null) ? 'Turn the units up by less, or for fewer words.' : 'Take fewer words.',
  );
}

/** Copies the first numbers, or the last ones. */
function take(into: Float32Array, from: Float32Array, count: number, end: boolean): void {
  if (!count) return;
  if (end) into.set(from.subarray(from.length - count), into.length - count);
  else into.set(from.subarray(0, count));
}

interface Step {
  layer: CellLayer;
  holds: readonly Hold[];
  word: number;
  /** What the input adds to each gate, from `at` on. */
  read: Float32Array;
  at: number;
  gates: Float32Array;
  /** The states along the sequence, into which those of this step go. */
  hNow: Float32Array;
  cNow: Float32Array | null;
  /** The states before, each from its place on. */
  h: Float32Array;
  hAt: number;
  c: Float32Array | null;
  cAt: number;
  /** [G·units + units] */
  scratch: Float32Array;
}

const STEPS: Record<CellKind, (step: Step) => void> = { lstm, gru, rnn_tanh: elman, rnn_relu: elman };

/** i, f, o = σ(…), g = tanh(…), c = f c + i g, h = o tanh(c), with a projection V (o tanh(c)). */
function lstm({ layer, holds, word, read, at, gates, hNow, cNow, h, hAt, c: before, cAt, scratch }: Step): void {
  const { units, output } = layer;
  affine(layer.state, layer.stateBias, output, 0, 4 * units, h, hAt, 1, scratch, 4 * units);
  const c = cNow!;
  const row = word * units;
  const gate = 3 * row;
  for (let u = 0; u < units; u++) {
    const i = sigmoid(read[at + u]! + scratch[u]!);
    const f = sigmoid(read[at + units + u]! + scratch[units + u]!);
    const g = Math.tanh(read[at + 2 * units + u]! + scratch[2 * units + u]!);
    gates[gate + u] = i;
    gates[gate + units + u] = f;
    gates[gate + 2 * units + u] = sigmoid(read[at + 3 * units + u]! + scratch[3 * units + u]!);
    c[row + u] = f * before![cAt + u]! + i * g;
  }
  hold(holds, 'c', word, c, row, before!, cAt);
  const [into, place] = layer.projection ? [scratch, 4 * units] : [hNow, word * output];
  for (let u = 0; u < units; u++) into[place + u] = gates[gate + 2 * units + u]! * Math.tanh(c[row + u]!);
  if (layer.projection) {
    const out = hNow.subarray(word * output, (word + 1) * output);
    affine(layer.projection, null, units, 0, output, scratch, 4 * units, 1, out, output);
  }
  hold(holds, 'h', word, hNow, word * output, h, hAt);
}

/** r, z = σ(…), n = tanh(W x + b + r (U h + c)), h = (1 − z) n + z h. */
function gru({ layer, holds, word, read, at, gates, hNow, h, hAt, scratch }: Step): void {
  const { units } = layer;
  affine(layer.state, layer.stateBias, units, 0, 3 * units, h, hAt, 1, scratch, 3 * units);
  const row = word * units;
  for (let u = 0; u < units; u++) {
    const r = sigmoid(read[at + u]! + scratch[u]!);
    const z = sigmoid(read[at + units + u]! + scratch[units + u]!);
    const n = Math.tanh(read[at + 2 * units + u]! + r * scratch[2 * units + u]!);
    gates[2 * row + u] = r;
    gates[2 * row + units + u] = z;
    hNow[row + u] = n + z * (h[hAt + u]! - n);
  }
  hold(holds, 'h', word, hNow, row, h, hAt);
}

/** h = tanh(…), or ReLU of it. */
function elman({ layer, holds, word, read, at, hNow, h, hAt, scratch }: Step): void {
  const { units, cell } = layer;
  affine(layer.state, layer.stateBias, units, 0, units, h, hAt, 1, scratch, units);
  const row = word * units;
  for (let u = 0; u < units; u++) {
    const total = read[at + u]! + scratch[u]!;
    hNow[row + u] = cell === 'rnn_relu' ? Math.max(0, total) : Math.tanh(total);
  }
  hold(holds, 'h', word, hNow, row, h, hAt);
}
