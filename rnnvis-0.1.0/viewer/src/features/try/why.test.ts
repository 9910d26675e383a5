import { expect, it, describe } from 'vitest';
import type { Clustering, ModelEntry, SentenceSteps, StateSequence, Vocabulary } from '../../data/types';
import type { Ask, Held, Ran, StepModel } from '../../infer/types';
import { answerWords } from '../../wording/answer';
import { aimed, aimOf, answerOf, canLeaveOut, reach } from './aim';
import { gatedOf } from '../../model/gated';
import { bySwitchingOff, byWeights, inAnswer, leftOfWords } from './parts';
import {
  exactWeights,
  flipsOf,
  keptAndOverwritten,
  partsTable,
  reasonsOf,
  strongestChips,
  strongestWords,
  throughChip,
  whyLines,
  whyTable,
} from './why';

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

/** With states that make the words' pushes what they are: unit 0 moves for word 1, unit 1 for the others. */
function ranOf(tokens: readonly number[]): Ran {
  const moved = [0, 0];
  const values = tokens.flatMap((token) => {
    moved[token === 1 ? 0 : 1]! += KEPT[token]!;
    return [...moved, 0];
  });
  const sequence: StateSequence = {
    length: tokens.length,
    units: 3,
    initial: new Float32Array(3),
    values: Float32Array.from(values),
  };
  const score = tokens.map((_, i) => tokens.slice(0, i + 1).reduce((sum, token) => sum + KEPT[token]!, 0));
  const p = score.map((one) => 1 / (1 + Math.exp(-one)));
  const steps = {
    length: tokens.length,
    pClass: Float32Array.from(p.flatMap((one) => [1 - one, one])),
    classes: 2,
    followed: 1,
    value: null,
    next: null,
    push: Float32Array.from(tokens, (token) => KEPT[token]!),
  } as unknown as SentenceSteps;
  return { sequence, states: { 'rnn.0.h': sequence }, steps, gates: null };
}

async function reasons(tokens: number[], weights: Float32Array | null, grouped: Clustering | null = clustering()) {
  const ask: Ask = { tokens: Int32Array.from(tokens), state: 'rnn.0.h' };
  const words = tokens.map((token) => ['the', 'great', 'dull', 'slow'][token]!);
  const fake = {
    variants: model.variants.bind(model),
    run: ({ tokens: of }: Ask) => Promise.resolve(ranOf([...of])),
    without: (_: Ask, groups: readonly unknown[]) => Promise.resolve(new Float64Array(groups.length)),
  };
  const looked = { model: fake as unknown as StepModel, entry, clustering: grouped, weights };
  return reasonsOf('cb1f', words, ask, atEnd, looked);
}

const said = answerWords(entry, 1);
const atEnd = aimOf(entry, null, { sentence: {} as never, steps: {} as never }, null, 1)!;
const ONES = Float32Array.from([1, 1, 1]);

describe('why the answer is what it is', () => {
  it('runs the sentence without each word and without each chip', async () => {
    const why = await reasons([1, 2], ONES);
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
    const why = await reasons([1, 2], ONES);
    expect(flipsOf(why)).toEqual([{ word: 1, then: why.deleted[1] }, { chip: why.chips[1] }]);
    expect(why.chips[1]).toMatchObject({ units: [1, 2], says: 1 });
    expect(strongestChips(why)[0]!.units).toEqual([1, 2]);
    expect(whyLines(why, entry, null, said)).toEqual([
      '“great dull”',
      'P(positive) is 0.27: negative.',
      expect.stringMatching(
        /^Pushed most by “dull” \(−2\.00.*above all through chip 2\) and “great” \(\+1\.00.*chip 1\)\.$/,
      ),
      expect.stringMatching(/^Exact:/),
      'Of the chips, it rests most on chip 2 (0.73 without it) and chip 1 (0.12 without it).',
      'It would flip without “dull” (0.73: positive) and chip 2, 2 units (0.73: positive).',
    ]);
  });

  it('says so where nothing alone flips it, and goes by what is left out where nothing is grouped', async () => {
    const why = await reasons([2, 3], null, null);
    expect(whyLines(why, entry, null, said).at(-1)).toBe('No single word or chip left out flips it.');
    expect(whyLines(why, entry, null, said)[2]).toBe(
      'Rests most on “dull” (0.18 without it) and “slow” (0.12 without it).',
    );
    expect(whyTable(why, entry, null).rows.slice(0, 2)).toEqual([
      ['nothing', why.now.answer, 0, 'negative'],
      ['dull', why.deleted[0]!.answer, why.deleted[0]!.answer - why.now.answer, 'negative'],
    ]);
  });

  it('adds up, words × chips, to the score of a linear head', async () => {
    const why = await reasons([1, 2, 3], ONES);
    const { values, whole, sum, others, chips } = why.parts!;
    expect([...values]).toEqual([1, 0, 0, -2, 0, -1.5]);
    expect(others).toBeNull();
    expect([...whole]).toEqual([1, -2, -1.5]);
    expect(sum!.before + values.reduce((all, one) => all + one, 0)).toBeCloseTo(sum!.after, 6);
    expect(sum!.after).toBeCloseTo(-2.5, 5);
    expect(chips).toEqual([1, 2]);
    expect([0, 1].map((word) => throughChip(why, word))).toEqual([1, 2]);
    expect(partsTable(why, said)[0]!.rows).toEqual([
      ['(before the first word)', null, null, sum!.before],
      ['great', 1, 0, 1],
      ['dull', 0, -2, -2],
      ['slow', 0, -1.5, -1.5],
      ['(the score)', null, null, sum!.after],
    ]);
  });

  it('sets apart what went through no chip of the state', () => {
    const { steps, sequence } = ranOf([1, 2]);
    const parts = byWeights(steps, sequence, Float32Array.from([1, 0.5, 1]), clustering())!;
    expect([...parts.others!]).toEqual([0, -1]);
  });

  it('takes weights for exact of a linear head and of the answer at the end alone', () => {
    const first = { ...entry, answer: { effects: 'first order', means: 'class' } } as unknown as ModelEntry;
    expect(exactWeights(entry, atEnd, ONES)).toBe(ONES);
    expect(exactWeights(first, atEnd, ONES)).toBeNull();
    expect(exactWeights(entry, { ...atEnd, step: 1 }, ONES)).toBeNull();
  });
});

describe('an answer of a model whose head is not linear', () => {
  it('is compared with chips that take in nothing at a word', async () => {
    const asked: (readonly Held[])[] = [];
    const scores = [2, 1.5, 2, 1, 2.25, 0, 0];
    const fake = {
      without: (_: Ask, groups: readonly (readonly Held[])[]) => {
        asked.push(...groups);
        return Promise.resolve(Float64Array.from(scores));
      },
    };
    const ask: Ask = { tokens: Int32Array.from([1, 2]), state: 'rnn.0.h' };
    const parts = await bySwitchingOff(ask, 2, fake, clustering());
    expect(asked.map((held) => held.map(({ units, value, first, last }) => [units, value, first, last]))).toEqual([
      [],
      ...[0, 1].flatMap((word) => [[0], [1, 2], [0, 1, 2]].map((units) => [[units, 'previous', word, word]])),
    ]);
    expect([...parts.values]).toEqual([0.5, 0, -0.25, 2]);
    expect([...parts.whole]).toEqual([1, 2]);
    expect(parts.sum).toBeNull();
  });
});

describe('what is left of a word', () => {
  // One unit pair, z = 1/2 and 1/4 at the second word: h = z ⊙ h before + written.
  const h: StateSequence = {
    length: 2,
    units: 2,
    initial: new Float32Array(2),
    values: Float32Array.from([1, -2, 1, 0.5]),
  };
  const ran = {
    states: { 'rnn.0.h': h },
    gates: { reset: new Float32Array(4), update: Float32Array.from([0, 0, 0.5, 0.25]) },
  };

  it('is what the gates kept of what it wrote', () => {
    const gated = gatedOf(ran, 'rnn.0.h')!;
    expect([...leftOfWords(gated, 2)!]).toEqual([(0.5 + 0.5) / 3, 1]);
    expect([...leftOfWords(gated, 1)!], 'at the first word nothing is overwritten yet').toEqual([1]);
    // In the answer: 1·½ − 2·¼ of the first word, and ½ + 1 of the second; they add up to 1 + ½.
    expect([...inAnswer(gated, Float32Array.from([1, 1]))!]).toEqual([0, 1.5]);
  });

  it('is that of the cell of an LSTM, as its h reads it', () => {
    const c = { ...h, values: Float32Array.from([1, -2, 2, 0]) };
    const lstm = {
      states: { 'rnn.0.h': { ...h, values: Float32Array.from([0.5, -1, 0.5, 0]) }, 'rnn.0.c': c },
      gates: { input: new Float32Array(4), forget: Float32Array.from([0, 0, 0.5, 0.25]), output: new Float32Array(4) },
    };
    const gated = gatedOf(lstm, 'rnn.0.h')!;
    expect([...gated.opened]).toEqual([0.5, 0.5, 0.25, 0]);
    expect([...gated.states]).toEqual([1, -2, 2, 0]);
  });

  it('is not known without gates, nor of what reads backwards', () => {
    expect(gatedOf({ ...ran, gates: null }, 'rnn.0.h')).toBeNull();
    const back = gatedOf({ ...ran, states: { 'rnn.0.h': { ...h, reversed: true } } }, 'rnn.0.h')!;
    expect([...back.before]).toEqual([1, 0.5, 0, 0]);
    expect(leftOfWords(back, 2)).toBeNull();
  });

  it('is told from the most and from the least, the last word aside', () => {
    const left = Float64Array.from([0.02, 0.5, 0.9, 0.2, Number.NaN, 1]);
    expect(keptAndOverwritten({ left } as never)).toEqual({ kept: [2, 1], overwritten: [0] });
  });
});

describe('the answer that is asked about', () => {
  const speaker = { kind: 'language model', classes: [] } as unknown as ModelEntry;
  const tagger = { kind: 'recording', classes: ['NOUN', 'VERB'], answer: { means: 'tag' } } as unknown as ModelEntry;
  const sentence = { surface: ['the', 'film', 'is'] } as never;
  const vocabulary = { text: ['the', 'film', 'is', 'good'] } as unknown as Vocabulary;
  const ask: Ask = { tokens: Int32Array.from([0, 1, 2]), state: 'rnn.0.h' };
  const next = {
    p: new Float32Array(3),
    count: 1,
    ids: Int32Array.from([1, 2, 3]),
    probabilities: new Float32Array(3),
  };

  it('is the likeliest next word after the pinned one, of the words up to it', () => {
    const steps = { length: 3, next } as unknown as SentenceSteps;
    const aim = aimOf(speaker, vocabulary, { sentence, steps }, 1, null)!;
    expect(aim).toMatchObject({ of: { name: 'P(“is” after “film”)' }, step: 1, id: 2 });
    expect(reach(speaker, aim, 3)).toBe(2);
    const asked = aimed(speaker, aim, ask);
    expect([...asked.tokens]).toEqual([0, 1]);
    expect([...(asked.target as Int32Array)]).toEqual([-1, 2]);
    expect(asked).toMatchObject({ answered: { first: 1, last: 1 }, score: { step: 1, id: 2 } });
    // Without the pinned word itself: what is guessed after the one before.
    const shorter = aimed(speaker, aim, { ...ask, tokens: Int32Array.from([0, 2]) }, 1);
    expect([...shorter.tokens]).toEqual([0]);
    expect([...(shorter.target as Int32Array)]).toEqual([2]);
    const said = { length: 2, next: { ...next, p: Float32Array.from([Number.NaN, 0.25]) } } as unknown as SentenceSteps;
    expect(answerOf(speaker, aim, said)).toEqual({ answer: 0.25, says: 2 });
  });

  it('is the tag of the pinned word, which cannot be left out', () => {
    const pClass = Float32Array.from([0.9, 0.1, 0.25, 0.75, 0.5, 0.5]);
    const steps = { length: 3, pClass, classes: 2, next: null } as unknown as SentenceSteps;
    const aim = aimOf(tagger, null, { sentence, steps }, 1, 1)!;
    expect(aim).toMatchObject({ of: { name: 'P(VERB at “film”)' }, step: 1, id: 1 });
    expect([0, 1, 2].map((at) => canLeaveOut(tagger, aim, at, 3))).toEqual([true, false, true]);
    expect(aimed(tagger, aim, ask, 0)).toMatchObject({ answered: { first: 0, last: 0 }, score: { step: 0, id: 1 } });
    expect(aimed(tagger, aim, ask, 2)).toMatchObject({ answered: { first: 1, last: 1 } });
    const blank = Float32Array.from([0.25, 0.75, Number.NaN, Number.NaN]);
    const said = { length: 2, pClass: blank, classes: 2, next: null } as unknown as SentenceSteps;
    expect(answerOf(tagger, aim, said)).toEqual({ answer: 0.75, says: 1 });
  });
});
