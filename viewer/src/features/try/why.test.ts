import { expect, it, describe } from 'vitest';
import type { Clustering, ModelEntry, SentenceSteps, StateSequence } from '../../data/types';
import type { Ask } from '../../infer/types';
import { answerWords } from '../../wording/answer';
import { quantity } from './answer';
import { flipsOf, reasonsOf, strongestChips, strongestWords, throughChips, whyLines, whyTable } from './why';

const entry = { kind: 'classifier', classes: ['negative', 'positive'], title: 'Planted' } as unknown as ModelEntry;
const side = { ids: Int32Array.from([0, 1, 2]), labels: Int16Array.from([0, 1, 1]) };

/** Two chips: unit 0 alone, and units 1 and 2. */
function clustering(): Clustering {
  const summary = { stability: null, purityClass: null, effect: null, explained: null, effects: null };
  return {
    units: {
      ...side,
      order: [0, 1],
      summaries: [0, 1].map((cluster) => ({ ...summary, cluster, size: cluster + 1 })),
    },
  } as unknown as Clustering;
}

/** The score is +1 for word 1, −2 for word 2 and −1.5 for word 3; unit 0 keeps word 1, the others the rest. */
const KEPT = [0, 1, -2, -1.5];
const model = {
  asked: [] as Ask[],
  async variants(asks: readonly Ask[]): Promise<SentenceSteps[]> {
    this.asked = [...asks];
    return asks.map(({ tokens, held }) => {
      const off = new Set((held ?? []).flatMap(({ units }) => [...units]));
      const score = [...tokens].reduce((sum, token) => sum + (off.has(token === 1 ? 0 : 1) ? 0 : KEPT[token]!), 0);
      const p = 1 / (1 + Math.exp(-score));
      return {
        length: tokens.length,
        pClass: Float32Array.from({ length: 2 * tokens.length }, (_, i) => (i % 2 ? p : 1 - p)),
        classes: 2,
        followed: 1,
        value: null,
        target: null,
        push: null,
        loss: null,
        next: null,
        surprise: null,
      };
    });
  },
};

async function reasons(tokens: number[], pushes: number[] | null) {
  const ask: Ask = { tokens: Int32Array.from(tokens), state: 'rnn.0.h' };
  const words = tokens.map((token) => ['the', 'great', 'dull', 'slow'][token]!);
  const found = await reasonsOf('cb1f', words, ask, model, entry, clustering());
  return { ...found, pushes: pushes && Float32Array.from(pushes), through: words.map(() => null) };
}

const of = quantity(entry, 1)!;
const said = answerWords(entry, 1);

describe('why the answer is what it is', () => {
  it('runs the sentence without each word and without each chip', async () => {
    const why = await reasons([1, 2], [1, -2]);
    expect(model.asked.map(({ tokens }) => [...tokens])).toEqual([[1, 2], [2], [1], [1, 2], [1, 2]]);
    expect(model.asked.map(({ held }) => (held ?? []).map(({ units }) => units))).toEqual([
      [],
      [],
      [],
      [[0]],
      [[1, 2]],
    ]);
    expect(why.now.says).toBe(0);
    expect(strongestWords(why)).toEqual([1, 0]);
  });

  it('says what would flip it, words before chips', async () => {
    const why = await reasons([1, 2], [1, -2]);
    expect(flipsOf(why)).toEqual([{ word: 1, then: why.deleted[1] }, { chip: why.chips[1] }]);
    expect(why.chips[1]).toMatchObject({ units: [1, 2], says: 1 });
    expect(strongestChips(why)[0]!.units).toEqual([1, 2]);
    expect(whyLines(why, of, entry, said)).toEqual([
      '“great dull”',
      'P(positive) is 0.27: negative.',
      expect.stringMatching(/^Pushed most by “dull” \(−2\.00.*\) and “great” \(\+1\.00/),
      'Of the chips, it rests most on chip 2 (0.73 without it) and chip 1 (0.12 without it).',
      'It would flip without “dull” (0.73: positive) and chip 2, 2 units (0.73: positive).',
    ]);
  });

  it('says so where nothing alone flips it, and goes by what is left out where no push is known', async () => {
    const why = await reasons([2, 3], null);
    expect(whyLines(why, of, entry, said).at(-1)).toBe('No single word or chip left out flips it.');
    expect(whyLines({ ...why, chips: [] }, of, entry, said)[2]).toBe(
      'Rests most on “dull” (0.18 without it) and “slow” (0.12 without it).',
    );
    expect(whyTable(why, of, entry).rows.slice(0, 2)).toEqual([
      ['nothing', Number.NaN, '', why.now.answer, 0, 'negative'],
      ['dull', Number.NaN, '', why.deleted[0]!.answer, why.deleted[0]!.answer - why.now.answer, 'negative'],
    ]);
  });

  it('names the chip that the largest part of a push went through, the same way', () => {
    const values = Float32Array.from([1, 0, 0, 1, -3, 1]);
    const sequence: StateSequence = { length: 2, units: 3, initial: new Float32Array(3), values };
    const weights = Float32Array.from([1, 1, 1]);
    expect(throughChips(Float32Array.from([1, -2]), sequence, weights, clustering())).toEqual([1, 2]);
    expect(throughChips(Float32Array.from([-1, Number.NaN]), sequence, weights, clustering())).toEqual([null, null]);
  });
});
