/** All layers along a sequence; of an earlier run the steps that are the same are taken over. */

import { refused } from './fault';
import { alike, holdsOf, type Hold } from './holds';
import type { Work } from './kernels';
import { runSteps } from './graphSteps';
import { GATE_NAMES, kept, runLayer, type LayerRun } from './layer';
import { through } from './operations';
import type { CellLayer, Layer, Part, Place, Spec } from './parts';
import { LONGEST, type Ask } from './types';

/** Float32 numbers that a run may leave behind: 256 MB. */
const ROOM = 64 * 1024 * 1024;

/** A sequence with what every layer did along it. */
export interface StackRun extends Task {
  layers: Map<string, LayerRun>;
}

export interface Same {
  first: number;
  last: number;
}

/** Numbers that a step of the model leaves behind. */
export function keptOf(spec: Spec): number {
  return spec.layers.reduce((sum, layer) => sum + kept(layer), 0);
}

/** Throws `DataProblem` for what the model cannot read. */
function checkAsk(spec: Spec, ask: Ask): void {
  const { tokens } = ask;
  const steps = tokens.length;
  if (steps > LONGEST)
    throw refused(
      `A sentence of ${steps.toLocaleString('en')} words is too long to be run in the page`,
      `Take at most ${LONGEST.toLocaleString('en')} words.`,
    );
  if (steps * keptOf(spec) > ROOM)
    throw refused(
      `${steps.toLocaleString('en')} words of this model need more memory than a page should take`,
      'Take fewer words.',
    );
  if (!spec.places.has(ask.state))
    throw refused(`The model has no state “${ask.state}”`, `Its states are ${[...spec.places.keys()].join(', ')}.`);
  const { vocabulary: rows } = spec;
  if (rows !== null) {
    const wrong = tokens.find((id) => id < 0 || id >= rows);
    if (wrong !== undefined && wrong < 0)
      throw refused('The sentence has a word that nothing of the vocabulary stands for', 'Choose another word.');
    if (wrong !== undefined)
      throw refused(
        `The model has no word ${wrong}`,
        `It was made for ${rows.toLocaleString('en')} words: publish it again with its vocabulary.`,
      );
  }
}

/** What a model that reads vectors reads: what is given, or what came along for a published sentence. */
function vectorsOf(spec: Spec, { vectors, sentence, tokens }: Ask): Float32Array {
  const place = vectors || sentence === undefined ? undefined : spec.given.sentences.get(sentence);
  const found = place
    ? spec.given.values.subarray(place.first * spec.size, (place.first + place.steps) * spec.size)
    : vectors;
  if (found?.length === tokens.length * spec.size) return found.slice();
  throw refused(
    sentence === undefined
      ? `The model reads ${spec.size} numbers a step, not words`
      : 'The model reads vectors, and those of this sentence did not come along',
    sentence === undefined ? 'Give its vectors.' : 'Choose another published sentence.',
  );
}

/** How many of the steps of 'input' and of each layer are those of an earlier run: first ones, and last ones. */
export type Shared = ReadonlyMap<string, Same>;

/** What is run: an ask with its holds by layer and what each layer starts from. */
export interface Task {
  steps: number;
  tokens: Int32Array;
  vectors: Float32Array | null;
  holds: Map<string, Hold[]>;
  initial: Map<string, LayerRun['initial']>;
}

/** Throws `DataProblem` for what the model cannot do. */
export function taskOf(spec: Spec, ask: Ask): Task {
  checkAsk(spec, ask);
  return {
    steps: ask.tokens.length,
    tokens: ask.tokens.slice(),
    vectors: spec.vocabulary === null ? vectorsOf(spec, ask) : null,
    holds: holdsOf(spec, ask.held ?? []),
    initial: new Map(spec.layers.map((layer) => [layer.name, initialOf(layer, ask)])),
  };
}

/** What a task shares with an earlier one of the same model. */
export function sharing(spec: Spec, task: Task, earlier: Task): Shared {
  const shared = new Map<string, Same>([['input', sameInput(spec, task, earlier)]]);
  for (const layer of spec.layers) {
    const end = layer.reversed ? 'last' : 'first';
    const most = Math.min(...layer.reads.map((name) => shared.get(name)![end]));
    const same = equal(task, earlier, layer.name) ? sameSteps(layer, task, earlier, most) : 0;
    const all = same === task.steps && earlier.steps === task.steps;
    shared.set(layer.name, { first: all || !layer.reversed ? same : 0, last: all || layer.reversed ? same : 0 });
  }
  return shared;
}

/** What each layer does along the task; of an earlier run what is shared is taken over. */
export function* runStack(spec: Spec, task: Task, earlier: StackRun | null, shared: Shared | null): Work<StackRun> {
  const run: StackRun = { ...task, layers: new Map() };
  for (const layer of spec.layers) {
    const { first, last } = shared?.get(layer.name) ?? NOTHING;
    const from = [
      task.holds.get(layer.name) ?? [],
      task.initial.get(layer.name)!,
      earlier?.layers.get(layer.name) ?? null,
      Math.max(first, last),
    ] as const;
    const along =
      layer.cell === 'graph'
        ? runSteps(layer, task.tokens, ...from)
        : runLayer(layer, task.steps, reader(spec, layer, run), ...from);
    run.layers.set(layer.name, yield* along);
  }
  return run;
}

const NOTHING: Same = { first: 0, last: 0 };

function sameInput(spec: Spec, task: Task, earlier: Task): Same {
  const most = Math.min(task.steps, earlier.steps);
  const equals = (i: number, j: number): boolean => {
    if (spec.vocabulary !== null) return task.tokens[i] === earlier.tokens[j];
    for (let k = 0; k < spec.size; k++)
      if (task.vectors![i * spec.size + k] !== earlier.vectors![j * spec.size + k]) return false;
    return true;
  };
  let first = 0;
  while (first < most && equals(first, first)) first++;
  let last = 0;
  while (last < most && equals(task.steps - 1 - last, earlier.steps - 1 - last)) last++;
  return { first, last };
}

/** How many steps of a layer, in the order in which it reads and at `most`, are those of the earlier run. */
function sameSteps(layer: Layer, task: Task, earlier: Task, most: number): number {
  const mine = task.holds.get(layer.name) ?? [];
  const theirs = earlier.holds.get(layer.name) ?? [];
  let same = 0;
  while (same < most) {
    const [one, other] = layer.reversed ? [task.steps - 1 - same, earlier.steps - 1 - same] : [same, same];
    if (!alike(mine, one, theirs, other)) break;
    same++;
  }
  return same;
}

function equal(task: Task, earlier: Task, layer: string): boolean {
  const [a, b] = [task.initial.get(layer)!, earlier.initial.get(layer)!];
  return [...a].every(([part, values]) => {
    const other = b.get(part)!;
    return values === other || values.every((x, i) => x === other[i]);
  });
}

function initialOf(layer: Layer, ask: Ask): LayerRun['initial'] {
  const of = (part: Part, size: number): Float32Array => {
    const name = layer.cell === 'graph' ? part : `${layer.name}.${part}`;
    const given = ask.initial?.[name];
    if (given && given.length !== size)
      throw refused(`“${name}” has ${size} units, and is to start from ${given.length}`, 'Give one number a unit.');
    return given?.slice() ?? layer.initial.get(part) ?? new Float32Array(size);
  };
  return new Map([...layer.parts].map(([part, size]) => [part, of(part, size)]));
}

/** Hands out what a layer reads: the outputs of others side by side, through what stands between. */
function reader(spec: Spec, layer: CellLayer, run: StackRun): (first: number, last: number) => Work<Float32Array> {
  const sources = layer.reads.map((name) => source(spec, name, run));
  return (first, last) => {
    const words = Int32Array.from({ length: last - first }, (_, i) => first + i);
    return through(layer.through, sideBySide(sources, layer.wide, words), words.length, layer.wide);
  };
}

export interface Columns {
  values: Float32Array;
  size: number;
  /** Which row of `values` a word has. */
  row: (word: number) => number;
}

/** What a layer, or the input, gives at each word. */
function source(spec: Spec, name: string, run: StackRun): Columns {
  const layer = spec.layers.find((one) => one.name === name);
  if (layer) return { values: run.layers.get(name)!.parts.get('h')!, size: layer.parts.get('h')!, row: (word) => word };
  if (spec.embedding) return { values: spec.embedding, size: spec.size, row: (word) => run.tokens[word]! };
  return { values: run.vectors!, size: spec.size, row: (word) => word };
}

/** A state at each word. */
export function stateColumns(place: Place, run: StackRun): Columns {
  return { values: run.layers.get(place.layer.name)!.parts.get(place.part)!, size: place.units, row: (word) => word };
}

/** Rows of several sources in one array [rows × width]. */
export function sideBySide(sources: readonly Columns[], width: number, words: Int32Array): Float32Array {
  const out = new Float32Array(words.length * width);
  for (let i = 0; i < words.length; i++) {
    let at = i * width;
    for (const { values, size, row } of sources) {
      const from = row(words[i]!) * size;
      out.set(values.subarray(from, from + size), at);
      at += size;
    }
  }
  return out;
}

/** Gates of a layer by name, [steps × units] each. */
export function gatesOf(layer: Layer, run: LayerRun, steps: number): Record<string, Float32Array> {
  if (layer.cell === 'graph') return {};
  const names = GATE_NAMES[layer.cell];
  const { units } = layer;
  return Object.fromEntries(
    names.map((name, gate) => {
      const values = new Float32Array(steps * units);
      for (let step = 0; step < steps; step++) {
        const from = (step * names.length + gate) * units;
        values.set(run.gates.subarray(from, from + units), step * units);
      }
      return [name, values];
    }),
  );
}
