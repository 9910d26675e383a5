/** What a step model is made of, as its file says; see site/data.md. */

import { ACTIVATIONS } from './activations';
import type { Fault } from './fault';
import {
  CELLS,
  GATES,
  KINDS,
  MARKS,
  MEANS,
  PLACES,
  SCORES,
  type CellLayer,
  type GraphLayer,
  type Handed,
  type Head,
  type Layer,
  type Operation,
  type Part,
  type Place,
  type Spec,
  type SpecWords,
} from './parts';
import { isRecord, type Tensor, type Weights } from './safetensors';

/** The newest; a file says the oldest that can hold it. */
export const FORMAT = 4;
const LAYERS = 64;
const OPERATIONS = 64;

function placesOf(layers: readonly Layer[]): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const layer of layers)
    for (const [part, units] of layer.parts) {
      const name = layer.cell === 'graph' ? part : `${layer.name}.${part}`;
      found.set(name, { name, layer, part, units });
    }
  return found;
}

/** Throws `DataProblem`, by `fault`, for what is not of this format, or does not fit together. */
export function readSpec({ tensors, files, metadata }: Weights, fault: Fault): Spec {
  const json = described(metadata['rnnvis'], fault);
  if (typeof json['format'] === 'number' && json['format'] > FORMAT) throw newer(json['format'], fault);
  if (!Number.isInteger(json['format']) || (json['format'] as number) < 1)
    throw fault('does not say of which format it is');
  return new Reader(tensors, files, fault).spec(json);
}

/** The problem of a file of this format. */
export function newer(format: number, fault: Fault): Error {
  return fault(
    `is of format ${format}, newer than the ${FORMAT} that this page reads`,
    'Take a page from the newer version of rnnvis, or publish the model with the version of this page.',
  );
}

function described(text: string | undefined, fault: Fault): Record<string, unknown> {
  if (text === undefined) throw fault('does not say what the model is made of');
  try {
    const found: unknown = JSON.parse(text);
    if (isRecord(found)) return found;
  } catch {
    // Said below.
  }
  throw fault('says what the model is made of in no JSON object');
}

class Reader {
  constructor(
    private readonly tensors: Map<string, Tensor>,
    private readonly files: Map<string, Uint8Array<ArrayBuffer>>,
    private readonly fault: Fault,
  ) {}

  spec(json: Record<string, unknown>): Spec {
    const reads = this.record(json['reads'], 'reads');
    const { vocabulary, embedding, size } = this.input(reads);
    const outputs = new Map<string, number>(size ? [['input', size]] : []);
    const names = new Set(['input']);
    const layers = this.list(json['layers'], 'layers', LAYERS).map((entry, i): Layer => {
      const at = `layers[${i}]`;
      const one = this.record(entry, at);
      const own = one['cell'] === 'graph';
      if (own && (embedding || vocabulary === null)) throw this.wrong(`${at}.cell`);
      const layer = own ? this.steps(one, at) : this.layer(one, outputs, at);
      if (names.has(layer.name)) throw this.fault(`names two layers “${layer.name}”`);
      names.add(layer.name);
      if (layer.cell !== 'graph') outputs.set(layer.name, layer.output);
      return layer;
    });
    if (!layers.length) throw this.fault('holds no layers');
    const places = placesOf(layers);
    const states = this.list(json['states'], 'states', 2 * LAYERS).map(
      (name) => this.state(name, places, 'states').name,
    );
    if (!states.length) throw this.fault('names no states');
    const head = json['head'] === null || json['head'] === undefined ? null : this.head(json['head'], places);
    const words = json['words'] === null || json['words'] === undefined ? null : this.words(json['words']);
    return {
      vocabulary,
      embedding,
      size,
      given: this.given(reads, size),
      layers,
      places,
      states,
      head,
      words,
      handed: json['handed'] === undefined ? null : this.handed(json['handed'], states, head, words),
    };
  }

  private handed(entry: unknown, states: readonly string[], head: Head | null, words: SpecWords | null): Handed {
    const json = this.record(entry, 'handed');
    const from = Object.entries(this.record(json['states'], 'handed.states'));
    if (!from.length || !from.every(([own]) => states.includes(own))) throw this.wrong('handed.states');
    if (head?.means !== 'next word' || head.graph || words === null || words.start === null || words.end === null)
      throw this.wrong('handed');
    return {
      states: Object.fromEntries(from.map(([own, other]) => [own, this.text(other, 'handed.states')])),
      longest: this.count(json['longest'], 'handed.longest'),
    };
  }

  /** What comes in from outside; 0 numbers a step where words are read as they are. */
  private input(reads: Record<string, unknown>): Pick<Spec, 'vocabulary' | 'embedding' | 'size'> {
    if (reads['kind'] === 'vectors')
      return { vocabulary: null, embedding: null, size: this.count(reads['size'], 'reads.size') };
    if (reads['kind'] !== 'ids') throw this.wrong('reads.kind');
    if (reads['embedding'] === undefined)
      return { vocabulary: this.count(reads['words'], 'reads.words'), embedding: null, size: 0 };
    const { shape, values } = this.tensor(reads['embedding'], 'reads.embedding');
    if (shape.length !== 2 || !shape[1]) throw this.misshapen('reads.embedding', shape);
    return { vocabulary: shape[0]!, embedding: values, size: shape[1] };
  }

  private steps(entry: Record<string, unknown>, at: string): GraphLayer {
    const states = Object.entries(this.record(entry['states'], `${at}.states`));
    const parts = new Map(states.map(([name, units]) => [name, this.count(units, `${at}.states`)]));
    if (!parts.size || parts.size > 2 * LAYERS) throw this.wrong(`${at}.states`);
    const initial = this.record(entry['initial'] ?? {}, `${at}.initial`);
    return {
      name: this.text(entry['name'], `${at}.name`),
      cell: 'graph',
      graph: this.graph(entry['graph'], `${at}.graph`),
      runner: null,
      reads: ['input'],
      reversed: this.flag(entry['reversed'] ?? false, `${at}.reversed`),
      parts,
      initial: new Map([...parts].map(([name, units]) => [name, this.start(initial, name, units, at)])),
    };
  }

  private start(initial: Record<string, unknown>, part: Part, units: number, at: string): Float32Array | null {
    const name = initial[part];
    return name === null || name === undefined ? null : this.shaped(name, `${at}.initial.${part}`, [units]);
  }

  private graph(name: unknown, at: string): Uint8Array<ArrayBuffer> {
    const found = this.files.get(this.text(name, at));
    if (!found) throw this.fault(`is without the graph “${String(name)}” (${at})`);
    return found;
  }

  private given(reads: Record<string, unknown>, size: number): Spec['given'] {
    const sentences = new Map<number, { first: number; steps: number }>();
    if (reads['kind'] !== 'vectors' || reads['given'] === undefined) return { values: new Float32Array(0), sentences };
    const { shape, values } = this.tensor(reads['given'], 'reads.given');
    if (shape.length !== 2 || shape[1] !== size) throw this.misshapen('reads.given', shape);
    for (const [i, entry] of this.list(reads['sentences'], 'reads.sentences', shape[0]!).entries()) {
      const at = `reads.sentences[${i}]`;
      const [id, first, steps] = this.list(entry, at, 3).map((value) => this.whole(value, at));
      if (id === undefined || first === undefined || !steps || first + steps > shape[0]!) throw this.wrong(at);
      sentences.set(id, { first, steps });
    }
    return { values, sentences };
  }

  private layer(entry: Record<string, unknown>, outputs: ReadonlyMap<string, number>, at: string): CellLayer {
    const cell = this.one(entry['cell'], CELLS, `${at}.cell`);
    const units = this.count(entry['units'], `${at}.units`);
    const output = this.count(entry['output'] ?? units, `${at}.output`);
    const [reads, wide] = this.reads(entry['reads'], outputs, `${at}.reads`);
    const [through, width] = this.operations(entry['through'] ?? [], wide, `${at}.through`);
    const weights = this.record(entry['weights'], `${at}.weights`);
    const initial = this.record(entry['initial'] ?? {}, `${at}.initial`);
    const of = (name: string, ...shape: number[]): Float32Array =>
      this.shaped(weights[name], `${at}.weights.${name}`, shape);
    const maybe = (name: string, ...shape: number[]): Float32Array | null =>
      weights[name] === null || weights[name] === undefined ? null : of(name, ...shape);
    const rows = GATES[cell] * units;
    const projection = maybe('projection', output, units);
    if (projection ? cell !== 'lstm' : output !== units) throw this.wrong(`${at}.output`);
    const parts = new Map<Part, number>([['h', output], ...(cell === 'lstm' ? ([['c', units]] as const) : [])]);
    return {
      name: this.text(entry['name'], `${at}.name`),
      cell,
      units,
      output,
      reads,
      through,
      wide,
      width,
      reversed: this.flag(entry['reversed'] ?? false, `${at}.reversed`),
      input: of('input', rows, width),
      state: of('state', rows, output),
      inputBias: maybe('input_bias', rows),
      stateBias: maybe('state_bias', rows),
      projection,
      parts,
      initial: new Map([...parts].map(([part, size]) => [part, this.start(initial, part, size, at)])),
    };
  }

  private state(name: unknown, places: ReadonlyMap<string, Place>, at: string): Place {
    const found = places.get(this.text(name, at));
    if (!found) throw this.fault(`names a state “${String(name)}” that none of its layers has (${at})`);
    return found;
  }

  private head(entry: unknown, places: ReadonlyMap<string, Place>): Head {
    const json = this.record(entry, 'head');
    const names = this.list(json['reads'], 'head.reads', 2 * LAYERS);
    const reads = names.map((name) => this.state(name, places, 'head.reads'));
    const width = reads.reduce((sum, { units }) => sum + units, 0);
    const [operations, size] = this.operations(json['operations'], width, 'head.operations');
    const head: Head = {
      reads,
      at: this.one(json['at'], PLACES, 'head.at'),
      graph: null,
      runner: null,
      longest: null,
      operations,
      width,
      size,
      means: this.one(json['means'], MEANS, 'head.means'),
      per: this.one(json['per'], ['sequence', 'step'], 'head.per'),
      scores: this.one(json['scores'], SCORES, 'head.scores'),
      along: this.flag(json['along'] ?? false, 'head.along'),
    };
    if (head.at === 'whole' || json['graph'] !== undefined) {
      if (head.at !== 'whole' && head.at !== 'each') throw this.wrong('head.graph');
      head.graph = this.graph(json['graph'], 'head.graph');
      if (json['longest'] !== undefined) head.longest = this.count(json['longest'], 'head.longest');
      head.size = this.count(json['size'], 'head.size');
    }
    const single = head.scores === 'one logit' || head.scores === 'numbers';
    if (
      !reads.length ||
      head.size < 1 ||
      (single && head.size !== 1) ||
      (head.means === 'number') !== (head.scores === 'numbers')
    )
      throw this.wrong('head.scores');
    return head;
  }

  /** Operations on rows of `width` numbers, and how many come out of them. */
  private operations(entry: unknown, width: number, where: string): [Operation[], number] {
    let size = width;
    const maybe = (name: unknown, at: string): Float32Array | null =>
      name === null || name === undefined ? null : this.shaped(name, at, [size]);
    const found = this.list(entry, where, OPERATIONS).map((one, i): Operation => {
      const at = `${where}[${i}]`;
      const { linear, norm, activation } = this.record(one, at);
      if (activation !== undefined) {
        if (typeof activation !== 'string' || !Object.hasOwn(ACTIVATIONS, activation))
          throw this.wrong(`${at}.activation`);
        return { kind: 'activation', name: activation };
      }
      if (norm !== undefined) {
        const { weight, bias, epsilon } = this.record(norm, `${at}.norm`);
        if (typeof epsilon !== 'number' || !(epsilon >= 0)) throw this.wrong(`${at}.norm.epsilon`);
        return {
          kind: 'norm',
          weight: maybe(weight, `${at}.norm.weight`),
          bias: maybe(bias, `${at}.norm.bias`),
          epsilon,
        };
      }
      const { weight: name, bias } = this.record(linear, `${at}.linear`);
      const { shape, values: weight } = this.tensor(name, `${at}.linear.weight`);
      if (shape.length !== 2 || shape[1] !== size) throw this.misshapen(`${at}.linear.weight`, shape);
      const before = size;
      size = shape[0]!;
      return { kind: 'linear', weight, width: before, size, bias: maybe(bias, `${at}.linear.bias`) };
    });
    return [found, size];
  }

  private words(entry: unknown): SpecWords {
    const json = this.record(entry, 'words');
    const id = (name: string): number | null =>
      json[name] === null || json[name] === undefined ? null : this.whole(json[name], `words.${name}`);
    return {
      unknown: id('unknown'),
      start: id('start'),
      end: id('end'),
      fold_case: this.flag(json['fold_case'] ?? false, 'words.fold_case'),
      kind: this.one(json['kind'] ?? 'words', KINDS, 'words.kind'),
      addresses: this.flag(json['addresses'] ?? false, 'words.addresses'),
      mark: json['mark'] === null || json['mark'] === undefined ? null : this.one(json['mark'], MARKS, 'words.mark'),
      share: typeof json['share'] === 'number' ? json['share'] : null,
    };
  }

  private reads(entry: unknown, outputs: ReadonlyMap<string, number>, at: string): [string[], number] {
    const names = this.list(entry, at, LAYERS).map((name) => this.text(name, at));
    const sizes = names.map((name) => outputs.get(name));
    if (!names.length || sizes.includes(undefined)) throw this.wrong(at);
    return [names, (sizes as number[]).reduce((sum, size) => sum + size, 0)];
  }

  private tensor(name: unknown, at: string): Tensor {
    const found = this.tensors.get(this.text(name, at));
    if (!found) throw this.fault(`is without the tensor “${String(name)}” (${at})`);
    return found;
  }

  private shaped(name: unknown, at: string, shape: readonly number[]): Float32Array {
    const found = this.tensor(name, at);
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i]))
      throw this.misshapen(at, found.shape, shape);
    return found.values;
  }

  private record(value: unknown, at: string): Record<string, unknown> {
    if (!isRecord(value)) throw this.wrong(at);
    return value;
  }

  private list(value: unknown, at: string, most: number): unknown[] {
    if (!Array.isArray(value) || value.length > most) throw this.wrong(at);
    return value;
  }

  private text(value: unknown, at: string): string {
    if (typeof value !== 'string') throw this.wrong(at);
    return value;
  }

  private flag(value: unknown, at: string): boolean {
    if (typeof value !== 'boolean') throw this.wrong(at);
    return value;
  }

  private whole(value: unknown, at: string): number {
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.wrong(at);
    return value as number;
  }

  private count(value: unknown, at: string): number {
    const found = this.whole(value, at);
    if (found < 1) throw this.wrong(at);
    return found;
  }

  private one<T extends string>(value: unknown, among: readonly T[], at: string): T {
    const found = among.find((name) => name === value);
    if (found === undefined) throw this.wrong(at);
    return found;
  }

  private wrong(at: string): Error {
    return this.fault(`says something of “${at}” that this page does not understand`);
  }

  private misshapen(at: string, is: readonly number[], wanted?: readonly number[]): Error {
    return this.fault(
      `holds a tensor of the wrong shape: “${at}” is [${is.join(', ')}]${wanted ? `, not [${wanted.join(', ')}]` : ''}`,
    );
  }
}
