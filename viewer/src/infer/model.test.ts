import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { DataProblem } from '../data/problem';
import type { Request } from './messages';
import { PlacedModel } from './model';
import { openBytes } from './open';
import { ofWorker, onPage } from './places';
import { Cancelled, LONGEST, MOST, type Ask, type StepModel } from './types';

vi.setConfig({ testTimeout: 60_000 });

const FILES = new Map(
  (
    JSON.parse(readFileSync(new URL('../testing/stepFormulas.json', import.meta.url), 'utf8')) as {
      name: string;
      file: string;
    }[]
  ).map(({ name, file }) => [name, Uint8Array.from(Buffer.from(file, 'base64')).buffer]),
);

/** A model on the page itself: no workers. */
function open(name: string): Promise<StepModel> {
  return openBytes(FILES.get(name)!, name, null);
}

function ask(tokens: readonly number[], more: Partial<Ask> = {}): Ask {
  return { tokens: Int32Array.from(tokens), state: 'rnn.0.h', ...more };
}

const SENTENCE = [1, 4, 2, 8, 5, 7];

describe('a model at work', () => {
  it('says what it is, and that it works on the page', async () => {
    const model = await open('lstm');
    expect(model).toMatchObject({ apart: false, means: 'class', states: ['rnn.0.h', 'rnn.0.c'], words: null });
  });

  it('answers the newest of twenty edits, and cancels the others', async () => {
    const model = await open('next words');
    const edits = Array.from({ length: 20 }, (_, i) => ask([...SENTENCE, i % 11]));
    const settled = await Promise.allSettled(edits.map((edit) => model.run(edit)));
    expect(settled.map(({ status }) => status)).toEqual([...Array<string>(19).fill('rejected'), 'fulfilled']);
    for (const one of settled.slice(0, -1)) expect((one as PromiseRejectedResult).reason).toBeInstanceOf(Cancelled);
    const last = await model.run(edits[19]!);
    expect((settled[19] as PromiseFulfilledResult<unknown>).value).toEqual(last);
  });

  it('does not take the label of a sentence for its next words', async () => {
    const model = await open('next words');
    const [bare, labelled] = [await model.run(ask(SENTENCE)), await model.run(ask(SENTENCE, { target: 2 }))];
    expect(labelled.steps.target).toEqual(Int32Array.from([...SENTENCE.slice(1), -1]));
    expect(labelled.steps.loss).toEqual(bare.steps.loss);
  });

  it('is sent nothing that a worker cannot be sent', async () => {
    const store = <T extends object>(of: T): T =>
      new Proxy(of, { get: (from, key) => wrapped(Reflect.get(from, key)) as T });
    const wrapped = (value: unknown): unknown =>
      value && typeof value === 'object' && !ArrayBuffer.isView(value) ? store(value) : value;
    const sent: Request[] = [];
    const place = { apart: true, hear: () => undefined, failed: () => undefined, close: () => undefined };
    const model = new PlacedModel(
      { ...place, send: (request) => void sent.push(structuredClone(request)) },
      { states: [], means: null, words: null, handed: null },
    );
    const held = [{ state: 'rnn.0.h', units: [1, 2], value: 'zero' as const }];
    const asked = store(ask(SENTENCE, { held, initial: { a: Float32Array.of(1) }, score: { step: 1, id: 0 } }));
    void model.run(asked);
    void model.without(asked, store([held]));
    void model.variants(store([asked]));
    expect(sent).toHaveLength(3);
    expect(sent[0]).toEqual({ id: 1, job: { kind: 'run', ask: ask(SENTENCE, { ...asked }) } });
  });

  it('runs lanes beside each other', async () => {
    const model = await open('lstm');
    const [a, b] = await Promise.all([
      model.run(ask(SENTENCE, { lane: 'before' })),
      model.run(ask([...SENTENCE, 3], { lane: 'after' })),
    ]);
    expect([a.steps.length, b.steps.length]).toEqual([6, 7]);
  });

  it('runs groups of holds while edits go on, with progress', async () => {
    const model = await open('lstm');
    const groups = Array.from({ length: 6 }, (_, unit) => [
      { state: 'rnn.0.h', units: [unit], value: 'zero' as const },
    ]);
    const heard: string[] = [];
    const found = model.without(ask(SENTENCE), groups, (done, of) => heard.push(`${done}/${of}`));
    const ran = await model.run(ask(SENTENCE));
    const scores = await found;
    expect(heard).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6']);
    for (const [i, held] of groups.entries()) {
      const { steps } = await model.run(ask(SENTENCE, { held }));
      const [no, yes] = steps.pClass!.subarray(-2);
      expect(scores[i]).toBeCloseTo(Math.log(yes!) - Math.log(no!), 5);
    }
    const [base] = await model.without(ask(SENTENCE), [[]]);
    const [no, yes] = ran.steps.pClass!.subarray(-2);
    expect(base).toBeCloseTo(Math.log(yes!) - Math.log(no!), 5);
  });

  it('scores the loss of a language model, or the odds of one word', async () => {
    const model = await open('next words');
    const { steps } = await model.run(ask(SENTENCE, { next: 11 }));
    const known = Array.from(steps.loss!.subarray(0, -1));
    const [mean] = await model.without(ask(SENTENCE), [[]]);
    expect(mean).toBeCloseTo(known.reduce((sum, loss) => sum + loss, 0) / known.length, 5);
    const ids = steps.next!.ids.subarray(2 * 11, 3 * 11);
    const p = steps.next!.probabilities[2 * 11 + ids.indexOf(7)]!;
    const [odds] = await model.without(ask(SENTENCE, { score: { step: 2, id: 7 } }), [[]]);
    expect(odds).toBeCloseTo(Math.log(p / (1 - p)), 5);
  });

  it('gives the answers of many sentences', async () => {
    const model = await open('tags');
    const asks = [SENTENCE, SENTENCE.slice(1), [...SENTENCE, 9]].map((tokens) => ask(tokens));
    const found = await model.variants(asks);
    for (const [i, one] of asks.entries()) expect(found[i]).toEqual((await model.run(one)).steps);
  });

  it('ends what is aborted, and goes on', async () => {
    const model = await open('lstm');
    const controller = new AbortController();
    const groups = Array.from({ length: 400 }, () => [{ state: 'rnn.0.h', units: [0], value: 'zero' as const }]);
    const found = model.without(
      ask(Array.from({ length: 400 }, (_, i) => i % 11)),
      groups,
      () => controller.abort(),
      controller.signal,
    );
    await expect(found).rejects.toHaveProperty('name', 'AbortError');
    await expect(model.without(ask(SENTENCE), [], undefined, controller.signal)).rejects.toHaveProperty(
      'name',
      'AbortError',
    );
    expect((await model.run(ask(SENTENCE))).steps.length).toBe(6);
  });

  it('cancels all when it is closed', async () => {
    const model = await open('lstm');
    const run = model.run(ask(SENTENCE));
    model.close();
    await expect(run).rejects.toBeInstanceOf(Cancelled);
    await expect(model.run(ask(SENTENCE))).rejects.toBeInstanceOf(Cancelled);
  });

  it('that is put away answers what it was asked, then closes and says so', async () => {
    const worker = new Standing();
    const model = await openBytes(FILES.get('lstm')!, 'lstm', ofWorker(worker as unknown as Worker));
    const run = model.run(ask(SENTENCE));
    model.retire();
    expect(worker.ended).toBe(false);
    expect((await run).steps.length).toBe(6);
    expect(worker.ended).toBe(true);
    await expect(model.run(ask(SENTENCE))).rejects.toThrow(/was put away/);
  });

  it('runs no words at all', async () => {
    for (const name of ['lstm', 'next words', 'both ways', 'max both ways']) {
      const { steps, sequence } = await (await open(name)).run(ask([]));
      expect([steps.length, sequence.length]).toEqual([0, 0]);
    }
  });
});

/** A worker whose messages are answered by a session of the page. */
class Standing extends EventTarget {
  readonly page = onPage();
  ended = false;

  constructor() {
    super();
    this.page.hear((data) => this.dispatchEvent(Object.assign(new Event('message'), { data })));
  }

  postMessage(request: Request): void {
    this.page.send(request);
  }

  terminate(): void {
    this.ended = true;
  }

  fail(): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message: 'out of memory' }));
  }
}

describe('a worker', () => {
  it('does the work where it runs', async () => {
    const worker = new Standing();
    const model = await openBytes(FILES.get('lstm')!, 'lstm', ofWorker(worker as unknown as Worker));
    expect(model.apart).toBe(true);
    expect((await model.run(ask(SENTENCE))).steps.length).toBe(6);
  });

  it.each([['before it is asked'], ['while it is asked']])(
    'that fails %s leaves the work to the page',
    async (when) => {
      const worker = new Standing();
      worker.postMessage = () => when.startsWith('while') && worker.fail();
      const place = ofWorker(worker as unknown as Worker);
      if (when.startsWith('before')) worker.fail();
      const model = await openBytes(FILES.get('lstm')!, 'lstm', place);
      expect([model.apart, worker.ended]).toEqual([false, true]);
      expect((await model.run(ask(SENTENCE))).steps.length).toBe(6);
    },
  );

  it('that fails at work says so, then and later', async () => {
    const worker = new Standing();
    const model = await openBytes(FILES.get('lstm')!, 'lstm', ofWorker(worker as unknown as Worker));
    const run = model.run(ask(SENTENCE));
    worker.fail();
    await expect(run).rejects.toThrow(/no memory left for the model/);
    await expect(model.run(ask(SENTENCE))).rejects.toThrow(/no memory left/);
  });
});

describe('what cannot be done is named', () => {
  const held = (more: object): Partial<Ask> => ({ held: [{ state: 'rnn.0.h', units: [1], value: 'zero', ...more }] });
  it.each<[string, string, Partial<Ask> | number[], RegExp]>([
    ['too many words', 'lstm', Array<number>(LONGEST + 1).fill(1), /2,001 words is too long/],
    ['a word that it has not', 'lstm', [1, 99], /no word 99/],
    ['a word that nothing stands for', 'lstm', [1, -1], /stands for/],
    ['a state that it has not', 'lstm', { state: 'rnn.7.h' }, /no state “rnn.7.h”/],
    ['a held state that it has not', 'gru', held({ state: 'rnn.0.c' }), /no state “rnn.0.c”/],
    ['a unit that it has not', 'lstm', held({ units: [6] }), /no unit 6/],
    ['values for other units', 'lstm', held({ value: new Float32Array(3) }), /1 units at 3 values/],
    ['a value that is no number', 'lstm', held({ value: Float32Array.of(Number.NaN) }), /held at NaN/],
    ['a hold without a value', 'lstm', held({ value: undefined }), /not said/],
    [
      'a start of another size',
      'lstm',
      { initial: { 'rnn.0.h': new Float32Array(2) } },
      /6 units, and is to start from 2/,
    ],
    ['words for a model of vectors', 'vectors', {}, /reads 5 numbers a step/],
    ['a class that it has not', 'tags', { target: Int32Array.of(0, 0, 0, 0, 0, 9) }, /no answer 9/],
    [
      'states that grow without end',
      'elman relu',
      { held: [{ state: 'rnn.0.h', units: [0, 1, 2, 3, 4, 5], scale: 1e30 }] },
      /beyond all numbers/,
    ],
  ])('%s', async (_, name, asked, said) => {
    const model = await open(name);
    const wanted = Array.isArray(asked) ? ask(asked) : ask(SENTENCE, asked);
    const problem = (await model.run(wanted).catch((error: unknown) => error)) as DataProblem;
    expect(problem.name).toBe('DataProblem');
    expect(problem.what).toMatch(said);
    expect(problem.fix).not.toBe('');
  });

  it('too many variants', async () => {
    const model = await open('lstm');
    const many = Array<Ask>(MOST + 1).fill(ask(SENTENCE));
    await expect(model.variants(many)).rejects.toThrow(/5,001 runs at once/);
  });
});
