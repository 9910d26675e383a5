import { describe, expect, it } from 'vitest';
import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry, Sentence, SentenceSteps, StateSequence, Vocabulary } from '../data/types';
import type { Ask, StepModel } from '../infer';
import { sampleManifest } from '../testing/manifest';
import { unitRow } from '../testing/units';
import { Reader, type Reading } from './reader';

const TEXT = ['<unk>', 'dull', 'plot', 'the', 'n'];
const vocabulary: Vocabulary = {
  text: TEXT,
  count: new Float64Array(TEXT.length),
  special: TEXT.map((text) => text.startsWith('<')),
  classAssociation: TEXT.map(() => null),
  id: new Map(TEXT.map((text, id) => [text, id])),
};
const published: Sentence = {
  id: 3,
  key: 'cb1f',
  split: 'test',
  label: 1,
  score: null,
  text: 'The plot',
  tokens: Int32Array.from([3, 2]),
  surface: ['The', 'plot'],
};

/** What a model that carries its state starts from in the published sentence; see `FakeModel`. */
const START = Float32Array.from([0, 0.5, 0, 0]);

function sequenceOf(tokens: Int32Array, initial: Float32Array = new Float32Array(4)): StateSequence {
  const values = Float32Array.from({ length: 4 * tokens.length }, (_, i) => {
    return 10 * tokens[i >> 2]! + (i % 4) + initial[i % 4]!;
  });
  return { length: tokens.length, units: 4, initial, values };
}

function stepsOf(length: number, answer: number): SentenceSteps {
  return {
    length,
    pClass: Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 ? answer : 1 - answer)),
    classes: 2,
    followed: 1,
    value: null,
    target: null,
    push: null,
    loss: null,
    next: null,
    surprise: null,
  };
}

/**
 * A model whose unit u is after step t the word read there times ten, plus u and what u started from; it answers half of
 * what unit 1 started from, and 0.25. What was asked is kept.
 */
class FakeModel implements StepModel {
  readonly states = ['rnn.0.h'];
  readonly means = 'class' as const;
  readonly apart = true;
  handed: StepModel['handed'] = null;
  readonly asked: Ask[] = [];
  words: StepModel['words'] = {
    kind: 'words',
    addresses: true,
    fold_case: true,
    unknown: 0,
    start: null,
    end: null,
    mark: null,
    share: null,
  };

  async run(ask: Ask) {
    this.asked.push(ask);
    const initial = ask.initial?.['rnn.0.h'] ?? new Float32Array(4);
    const sequence = sequenceOf(ask.tokens, initial);
    const steps = stepsOf(ask.tokens.length, 0.25 + initial[1]! / 2);
    return { sequence, states: { 'rnn.0.h': sequence }, steps, gates: null };
  }

  async without() {
    return new Float64Array();
  }

  async variants() {
    return [];
  }

  ended: string[] = [];

  retire(): void {
    this.ended.push('retired');
  }

  close(): void {
    this.ended.push('closed');
  }
}

function setting(some: Partial<ModelEntry> = { step_model: {} } as never, stored: Partial<Source> = {}) {
  const dataset: DatasetEntry = sampleManifest().datasets[0]!;
  Object.assign(dataset.models[0]!, some);
  const model = dataset.models[0]!;
  const source = {
    manifest: sampleManifest(),
    vocabulary: async () => vocabulary,
    sentenceByKey: async (_: unknown, key: string) => (key === 'cb1f' ? published : null),
    steps: async () => null,
    publishedStates: async () => sequenceOf(published.tokens),
    units: async () => [0, 1, 2, 3].map((unit) => unitRow(unit, { mean: unit / 8 })),
    ...stored,
  } as unknown as Source;
  const fake = new FakeModel();
  const opened: ModelEntry[] = [];
  const reader = new Reader(async (_source, _dataset, entry) => {
    opened.push(entry);
    return fake;
  });
  const reading: Reading = { source, dataset, model, state: model.states[0]!, towards: null };
  return { reader, reading, fake, opened };
}

describe('sentences that are made in the page', () => {
  it('are held from a word of the text on also where the state reads backwards', async () => {
    const { reader, reading } = setting();
    const state = { ...reading.state, name: 'rnn.0.reverse.h' };
    const model = { ...reading.model, states: [state] };
    const held = (instead: 'zero', first: number) =>
      reader.held({ state: state.name, units: [1], instead, first }, { ...reading, model }, 5);
    // It reads word 4 first: from there down to the word.
    expect(await held('zero', 0)).toEqual({ state: state.name, units: [1], value: 'zero', last: 0 });
    expect(await held('zero', 3)).toEqual({ state: state.name, units: [1], value: 'zero', last: 3 });
  });

  it('tell their gates, and those of published ones, where the gates are those of the state', async () => {
    const { reader, reading, fake } = setting();
    const run = fake.run.bind(fake);
    let size = 8;
    fake.run = async (ask: Ask) =>
      ({ ...(await run(ask)), gates: { update: new Float32Array(size).fill(0.5) } }) as never;
    expect(Object.keys((await reader.gates(reading, 'typed::the plot'))!)).toEqual(['update']);
    expect(fake.asked.at(-1)).toMatchObject({ gates: true });
    expect(await reader.gates(reading, 'cb1f')).not.toBeNull();
    size = 12;
    expect(await reader.gates(reading, 'cb1f'), 'a projection stands between').toBeNull();
    expect(await reader.gates(reading, 'gone')).toBeNull();
  });

  it('become passages as published ones are, with words looked up in the vocabulary', async () => {
    const { reader, reading, fake, opened } = setting();
    const passage = await reader.passage(reading, 'typed:label,1:The dull qqq', 'first');
    expect(passage!.sentence).toMatchObject({
      label: 1,
      split: 'typed',
      text: 'The dull qqq',
      surface: ['The', 'dull', 'qqq'],
    });
    expect([...passage!.sentence.tokens]).toEqual([3, 1, 0]);
    expect([...passage!.sequence!.values.subarray(4, 8)]).toEqual([10, 11, 12, 13]);
    expect(fake.asked[0]).toMatchObject({ state: 'rnn.0.h', target: 1, followed: null, lane: 'first' });
    await reader.passage(reading, 'words::plot\nn', 'second');
    expect([...fake.asked[1]!.tokens]).toEqual([2, 4]);
    expect(opened).toHaveLength(1);
  });

  it('are published ones with a part of the memory held, from one word on', async () => {
    const { reader, reading, fake } = setting();
    const key = 'with:rnn.0.h,zero,1-2,0;rnn.0.h,mean,3,1;rnn.0.h,x0.5,0,0:cb1f';
    const passage = await reader.passage(reading, key, 'first');
    expect(passage!.sentence).toEqual({ ...published, key });
    expect(fake.asked.at(-1)!.held).toEqual([
      { state: 'rnn.0.h', units: [1, 2], first: 0, value: 'zero' },
      { state: 'rnn.0.h', units: [3], first: 1, value: Float32Array.from([0.375]) },
      { state: 'rnn.0.h', units: [0], first: 0, scale: 0.5 },
    ]);
    expect(await reader.passage(reading, 'with:rnn.0.h,zero,1,0:none', 'first')).toBeNull();
  });

  it('take in the state of another sentence at one step', async () => {
    const { reader, reading, fake } = setting();
    const key = `with:rnn.0.h,from.1.${encodeURIComponent('typed::the dull')},2.3,1:cb1f`;
    await reader.passage(reading, key, 'first');
    // After “dull”, word 1, unit u is 10 + u.
    expect(fake.asked.at(-1)!.held).toEqual([
      { state: 'rnn.0.h', units: [2, 3], first: 1, last: 1, value: Float32Array.from([12, 13]) },
    ]);
    const beyond = `with:rnn.0.h,from.7.${encodeURIComponent('typed::the dull')},2,1:cb1f`;
    await expect(reader.passage(reading, beyond, 'first')).rejects.toThrow(/carried in is not there/);
  });

  it.each([
    ['typed::', /no word to read/],
    [`typed::${'dull '.repeat(501)}`, /501 words; the page runs at most 500/],
    ['typed:rnn.0.h,zero,4,0:dull', /switched off \(rnn\.0\.h\) is not in GRU/],
    ['typed:rnn.9.h,zero,1,0:dull', /switched off \(rnn\.9\.h\) is not in GRU/],
  ])('are refused by name: %s', async (key, message) => {
    const { reader, reading, fake } = setting();
    await expect(reader.passage(reading, key, 'first')).rejects.toThrow(message);
    expect(fake.asked).toHaveLength(0);
  });

  it('need a stand-in for unknown words, and words at all', async () => {
    const { reader, reading, fake } = setting();
    fake.words = { ...fake.words!, unknown: null };
    await expect(reader.passage(reading, 'words::dull\nqqq', 'first')).rejects.toThrow(/does not hold “qqq”/);
    fake.words = null;
    await expect(reader.passage(reading, 'typed::dull', 'first')).rejects.toThrow(/reads vectors/);
    expect((await reader.passage(reading, 'with:rnn.0.h,zero,1,0:cb1f', 'first'))!.sentence.surface).toEqual([
      'The',
      'plot',
    ]);
  });

  it('say why a model cannot run', async () => {
    const why = setting({ no_step_model: 'Its cell is of its own.' });
    await expect(why.reader.passage(why.reading, 'typed::dull', 'first')).rejects.toThrow(/Its cell is of its own/);
    const old = setting({});
    await expect(old.reader.passage(old.reading, 'typed::dull', 'first')).rejects.toThrow(
      /published without the model/,
    );
    const { reader, reading, opened } = setting();
    const earlier = { ...reading, model: { ...reading.model } };
    await expect(reader.passage(earlier, 'typed::dull', 'first')).rejects.toThrow(/Only the last epoch/);
    expect(opened).toHaveLength(0);
  });
});

describe('models', () => {
  it('stay open, four of them, those asked for last; all go with the explorer', async () => {
    const { reading } = setting();
    const fakes = new Map<string, FakeModel>();
    const reader = new Reader(async (_source, _dataset, { name }) => {
      fakes.set(name, new FakeModel());
      return fakes.get(name)!;
    });
    const models = new Map([...'abcde'].map((name) => [name, { ...reading.model, name }]));
    const dataset = { ...reading.dataset, models: [...models.values()] };
    for (const name of 'abcacde')
      expect(await reader.open({ ...reading, dataset, model: models.get(name)! })).toBeDefined();
    await Promise.resolve();
    expect([...fakes].map(([name, { ended }]) => [name, ended])).toEqual([
      ['a', []],
      ['b', ['retired']],
      ['c', []],
      ['d', []],
      ['e', []],
    ]);
    reader.close();
    await Promise.resolve();
    expect([...'acde'].map((name) => fakes.get(name)!.ended)).toEqual([['closed'], ['closed'], ['closed'], ['closed']]);
  });
});

describe('what a published sentence starts from', () => {
  const KEY = 'with:rnn.0.h,zero,0,0:cb1f';
  const recorded = sequenceOf(published.tokens, START);
  const at = (answer: number) => async () => stepsOf(2, answer);
  const run = ({ reader, reading }: ReturnType<typeof setting>, key: string) => reader.passage(reading, key, 'first');

  it('is where the sentence before ended, of a model that carries its state', async () => {
    const given = setting(undefined, { publishedStates: async () => recorded, steps: at(0.5) });
    const passage = await run(given, KEY);
    expect(given.fake.asked.map(({ initial }) => initial!['rnn.0.h'])).toEqual([START, START]);
    expect(passage!.steps!.pClass!.at(-1)).toBe(0.5);
    expect(await given.reader.asked(given.reading, KEY)).toMatchObject({ started: true });
    expect(given.fake.asked, 'it is found once').toHaveLength(2);
  });

  it('goes along with its words when they are edited', async () => {
    const given = setting(undefined, { publishedStates: async () => recorded, steps: at(0.5) });
    await run(given, 'words:start,cb1f:dull\nplot');
    expect(given.fake.asked.at(-1)!.initial!['rnn.0.h']).toEqual(START);
    expect([...given.fake.asked.at(-1)!.tokens]).toEqual([1, 2]);
    await run(given, 'words::dull\nplot');
    expect(given.fake.asked.at(-1)!.initial).toBeUndefined();
    await expect(run(given, 'words:start,gone:dull')).rejects.toThrow(/gone, from whose start .* is not there/);
  });

  it('is not known where the sample leaves the sentence out and its answers are others than from zeros', async () => {
    const publishedStates = async () => null;
    await expect(run(setting(undefined, { publishedStates, steps: at(0.253) }), KEY)).rejects.toThrow(
      /carries its state .* started from is not published \(GRU, 4 units\)/,
    );
    expect((await run(setting(undefined, { publishedStates, steps: at(0.251) }), KEY))!.sentence.key).toBe(KEY);
    await expect(run(setting(undefined, { publishedStates }), KEY), 'nothing to compare with').rejects.toThrow(
      /not published/,
    );
    await expect(run(setting(undefined, { publishedStates, steps: at(0.5) }), 'words:start,cb1f:dull')).rejects.toThrow(
      /not published/,
    );
  });

  it('does not help where the model is another one than the tables are of', async () => {
    const another = setting(undefined, { publishedStates: async () => recorded, steps: at(0.4) });
    await expect(run(another, KEY)).rejects.toThrow(/does not come to what is published of this sentence/);
    const moved = { ...recorded, values: recorded.values.map((value) => value + 0.5) };
    await expect(run(setting(undefined, { publishedStates: async () => moved }), KEY)).rejects.toThrow(
      /does not come to/,
    );
  });
});
