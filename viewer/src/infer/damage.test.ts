import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { DataProblem } from '../data/problem';
import { faultOf } from './fault';
import { readSafetensors } from './safetensors';
import { readSpec } from './spec';

vi.setConfig({ testTimeout: 60_000 });

const FILE = Buffer.from(
  (JSON.parse(readFileSync(new URL('../testing/stepFormulas.json', import.meta.url), 'utf8')) as { file: string }[])[0]!
    .file,
  'base64',
);
const HANDED = readFileSync(new URL('../testing/handed/decoder.safetensors', import.meta.url));
const OWN = readFileSync(new URL('../testing/steps/own.safetensors', import.meta.url));
type Header = Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>;

/** What opening the file says is wrong; null where nothing is. */
function problemOf(bytes: Uint8Array): string | null {
  const fault = faultOf('planted');
  try {
    readSpec(readSafetensors(Uint8Array.from(bytes).buffer, fault), fault);
    return null;
  } catch (error) {
    if (error instanceof DataProblem) return error.what;
    throw error;
  }
}

/** The file with another header. */
function headed(change: (header: Header, spec: Record<string, unknown>) => void, file = FILE): Uint8Array {
  const length = Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Header & { __metadata__: { rnnvis: string } };
  const spec = JSON.parse(header.__metadata__.rnnvis) as Record<string, unknown>;
  change(header, spec);
  if (header.__metadata__) header.__metadata__ = { rnnvis: JSON.stringify(spec) };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, file.subarray(8 + length)]);
}

const at = (spec: Record<string, unknown>, ...path: (string | number)[]): Record<string, unknown> =>
  path.reduce<unknown>((of, key) => (of as Record<string | number, unknown>)[key], spec) as Record<string, unknown>;

describe('a damaged file is named', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /too short/],
    ['a header longer than itself', Buffer.from('ffffffffffffffff', 'hex'), /header longer/],
    ['a web page', Buffer.from('<!doctype html><title>404</title>'), /header longer/],
    [
      'a header that is no JSON',
      Buffer.concat([Buffer.from('0400000000000000', 'hex'), Buffer.from('[1]}')]),
      /no JSON/,
    ],
    ['cut off', FILE.subarray(0, FILE.length - 5), /ends before its tensor/],
    ['no spec', headed((header) => delete header['__metadata__']), /does not say what/],
    ['a newer format', headed((_, spec) => (spec['format'] = 5)), /format 5, newer than the 4/],
    ['no format', headed((_, spec) => delete spec['format']), /does not say of which format/],
    [
      'a tensor that is missing',
      headed((header) => delete header['t1']),
      /without the tensor “t1” \(layers\[0\].weights.input\)/,
    ],
    ['another type', headed((header) => (header['t1']!.dtype = 'I64')), /of type I64/],
    ['an absurd shape', headed((header) => (header['t1']!.shape = [-1, 2])), /absurd shape/],
    ['a shape that does not fit', headed((header) => (header['t1']!.shape = [1e9, 1e9])), /does not fit its bytes/],
    ['a tensor outside', headed((header) => (header['t1']!.data_offsets = [1e9, 1e9 + 480])), /ends before/],
    [
      'units that are not there',
      headed((_, spec) => Object.assign(at(spec, 'layers', 0), { units: 7, output: 7 })),
      /wrong shape/,
    ],
    [
      'an absurd number of units',
      headed((_, spec) => Object.assign(at(spec, 'layers', 0), { units: 1e15, output: 1e15 })),
      /wrong shape/,
    ],
    ['a cell of another kind', headed((_, spec) => (at(spec, 'layers', 0)['cell'] = 'mamba')), /“layers\[0\].cell”/],
    [
      'a layer that reads itself',
      headed((_, spec) => (at(spec, 'layers', 0)['reads'] = ['rnn.0'])),
      /layers\[0\].reads/,
    ],
    ['a state of no layer', headed((_, spec) => (spec['states'] = ['x.h'])), /“x.h” that none/],
    [
      'a head on another state',
      headed((_, spec) => (at(spec, 'head')['reads'] = ['rnn.0.c', 'rnn.0.h'])),
      /wrong shape/,
    ],
    [
      'an activation of another kind',
      headed((_, spec) => (at(spec, 'head')['operations'] = [{ activation: 'constructor' }])),
      /activation/,
    ],
    ['an answer of another kind', headed((_, spec) => (at(spec, 'head')['means'] = 'poem')), /head.means/],
    ['scores of another number', headed((_, spec) => (at(spec, 'head')['scores'] = 'one logit')), /head.scores/],
  ])('%s', (_, bytes, said) => {
    expect(problemOf(bytes)).toMatch(said);
  });

  it.each<[string, Parameters<typeof headed>[0], RegExp]>([
    ['of no state', (_, spec) => (at(spec, 'handed')['states'] = {}), /handed.states/],
    ['of a state that it has not', (_, spec) => (at(spec, 'handed')['states'] = { 'x.h': 'y.h' }), /handed.states/],
    ['of nothing', (_, spec) => (at(spec, 'handed')['states'] = { 'decoder.0.h': 3 }), /handed.states/],
    ['without an end', (_, spec) => (at(spec, 'handed')['longest'] = 0), /handed.longest/],
    ['without an end mark', (_, spec) => (at(spec, 'words')['end'] = null), /“handed”/],
    ['without words', (_, spec) => (spec['words'] = null), /“handed”/],
    ['to a model that says nothing', (_, spec) => (spec['head'] = null), /“handed”/],
  ])('a state that is handed over, %s', (_, change, said) => {
    expect(problemOf(HANDED)).toBeNull();
    expect(problemOf(headed(change, HANDED))).toMatch(said);
  });

  it.each<[string, Parameters<typeof headed>[0], RegExp]>([
    ['its graph', (header) => delete header['steps.onnx'], /without the graph “steps.onnx” \(layers\[0\].graph\)/],
    ['the graph of its answer', (header) => delete header['answer.onnx'], /without the graph “answer.onnx”/],
    ['a number of words', (_, spec) => delete at(spec, 'reads')['words'], /reads.words/],
    ['states', (_, spec) => (at(spec, 'layers', 0)['states'] = {}), /layers\[0\].states/],
    ['units', (_, spec) => (at(spec, 'layers', 0, 'states')['own.0.h'] = 0), /layers\[0\].states/],
    ['what it starts from', (header) => delete header['own.1.m.initial'], /without the tensor “own.1.m.initial”/],
  ])('steps that are a graph, without %s', (_, change, said) => {
    expect(problemOf(OWN)).toBeNull();
    expect(problemOf(headed(change, OWN))).toMatch(said);
  });

  it('whatever byte is changed, a problem or a model comes of it', () => {
    let state = 1;
    for (let round = 0; round < 3000; round++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const bytes = Uint8Array.from(FILE);
      bytes[state % FILE.length] = (state >>> 24) & 255;
      expect(() => problemOf(round % 2 ? bytes : bytes.subarray(0, state % FILE.length))).not.toThrow();
    }
  });

  it('weights that are no numbers', () => {
    const bytes = Uint8Array.from(FILE);
    bytes.fill(255, bytes.length - 4);
    expect(problemOf(bytes)).toMatch(/no numbers/);
    expect(problemOf(FILE)).toBeNull();
  });
});
