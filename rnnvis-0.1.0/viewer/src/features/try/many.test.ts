import { describe, expect, it } from 'vitest';
import type { ModelEntry, SentenceSteps } from '../../data/types';
import type { Ask, Held } from '../../infer/types';
import { quantity } from './answer';
import { flipped, flipsByChance, manyLine, manyTable, ordered, overMany, type Chosen, type Many } from './many';

const entry = { kind: 'classifier', classes: ['negative', 'positive'], title: 'Planted' } as unknown as ModelEntry;
const of = quantity(entry, 1)!;
const OFF: Held = { state: 'rnn.0.h', units: [0], value: 'zero' };

/** The score is the sum of the words, and of what the sentence starts from; unit 0 holds the words that are larger than 1. */
const model = {
  variants: (asks: readonly Ask[]): Promise<SentenceSteps[]> =>
    Promise.resolve(
      asks.map(({ tokens, held, initial, target }) => {
        const off = new Set((held ?? []).flatMap(({ units }) => [...units]));
        const own = [...tokens].reduce((sum, token) => sum + (token > 1 && off.has(0) ? 0 : token), 0);
        const p = 1 / (1 + Math.exp(-own - (initial?.['rnn.0.h']?.[0] ?? 0)));
        const pClass = Float32Array.from({ length: 2 * tokens.length }, (_, i) => (i % 2 ? p : 1 - p));
        const loss = new Float32Array(tokens.length).fill(-Math.log(target === 1 ? p : 1 - p));
        return { length: tokens.length, pClass, classes: 2, followed: 1, loss, next: null } as unknown as SentenceSteps;
      }),
    ),
};

function chosen(key: string, tokens: number[], start = 0): Chosen {
  const p = 1 / (1 + Math.exp(-tokens.reduce((sum, one) => sum + one, start)));
  return {
    id: 0,
    key,
    text: key,
    label: 1,
    tokens: Int32Array.from(tokens),
    predicted: Number(p > 0.5),
    loss: -Math.log(p),
  };
}

const asking = (starts: Record<string, number>) => {
  const asked: string[] = [];
  const empty = ({ tokens, label }: Chosen): Ask => ({ tokens, state: 'rnn.0.h', target: label });
  return {
    asked,
    empty,
    started: (key: string): Promise<Ask | null> => {
      asked.push(key);
      const start = starts[key];
      const initial = { 'rnn.0.h': Float32Array.of(start ?? 0) };
      return Promise.resolve(start === undefined ? null : { ...empty(chosen(key, [2, -1])), initial });
    },
  };
};

const SENTENCES = [chosen('one', [2, -1]), chosen('two', [1, 1]), chosen('three', [3, -1])];

describe('what is held in many sentences', () => {
  it('changes the answers of some, and flips those', async () => {
    const how = asking({});
    const told: number[] = [];
    const { rows } = await overMany(SENTENCES, [OFF], entry, model, how, undefined, (done) => told.push(done));
    expect(how.asked).toEqual([]);
    expect(told).toEqual([1, 2, 3]);
    expect(rows.map(flipped)).toEqual([true, false, true]);
    expect(
      ordered(rows).map(({ key }) => key),
      'the flips first, each from the largest change on',
    ).toEqual(['three', 'one', 'two']);
    expect(rows[0]!.before.answer).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(rows[0]!.after.answer).toBeCloseTo(1 / (1 + Math.exp(1)), 6);
  });

  it('starts a sentence from where it was published to, where an empty memory gives another answer', async () => {
    const how = asking({ carried: -4 });
    const { rows } = await overMany([chosen('carried', [2, -1], -4)], [OFF], entry, model, how);
    expect(how.asked).toEqual(['carried']);
    expect(rows[0]!.before.answer).toBeCloseTo(1 / (1 + Math.exp(3)), 6);
    expect(flipped(rows[0]!)).toBe(false);
    const near = { ...chosen('carried', [2, -1]), loss: chosen('carried', [2, -1]).loss! + 0.1 };
    await overMany([near], [OFF], entry, model, how);
    expect(how.asked, 'the class may be the same by chance: the loss is not').toEqual(['carried', 'carried']);
  });

  it('leaves out what cannot be run as it was published, and says why where nothing is left', async () => {
    const refusing = { ...asking({}), started: () => Promise.reject(new Error('not published')) };
    const unlabelled = { ...SENTENCES[0]!, label: null, loss: null };
    const { rows } = await overMany([unlabelled, SENTENCES[1]!], [OFF], entry, model, refusing);
    expect(
      rows.map(({ key }) => key),
      'the same class alone proves nothing',
    ).toEqual(['two']);
    await expect(overMany([unlabelled], [OFF], entry, model, refusing)).rejects.toThrow('not published');
  });

  it('is stopped between two sentences', async () => {
    const stop = new AbortController();
    const how = { ...asking({}), started: () => Promise.resolve(null) };
    stop.abort(new Error('stopped'));
    const off = { ...SENTENCES[0]!, predicted: 0 };
    await expect(overMany([off], [OFF], entry, model, how, stop.signal)).rejects.toThrow('stopped');
  });

  it('is held against as many random units, counted in flips', async () => {
    const { rows, asks } = await overMany(SENTENCES, [OFF], entry, model, asking({}));
    const other: Held = { state: 'rnn.0.h', units: [1], value: 'zero' };
    expect(await flipsByChance(asks, rows, [[OFF], [other]], entry, model)).toEqual([2, 0]);
    const many: Many = {
      name: 'without chip 5',
      switches: '[]',
      units: 8,
      chosen: 'sentences with “not”',
      total: 40,
      rows,
      random: [2, 0],
    };
    const line = manyLine(many, of, entry.classes);
    expect(line).toMatch(
      /^Without chip 5, 2 of 3 answers flip \(67 %\): 2 to negative; on average P\(positive\) moves by 0\.\d\d\. 2 random groups of 8 units flip 1\.0 ± 1\.4 of them\. Of 40 sentences of the kind these 3 were run\.$/,
    );
    const [first] = manyTable(many, of, entry).rows;
    expect(first).toEqual([
      'three',
      'positive',
      rows[2]!.before.answer,
      rows[2]!.after.answer,
      rows[2]!.after.answer - rows[2]!.before.answer,
      'positive',
      'negative',
      'yes',
      'three',
    ]);
  });
});
