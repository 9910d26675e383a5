import { describe, expect, it } from 'vitest';
import type { Switch } from '../../data/made';
import type { SentenceSteps, Vocabulary } from '../../data/types';
import { decided, finalAnswer, flips, fromScore, quantity } from './answer';
import { againstChance, chance, randomGroups, verdict } from './control';
import { edited, inserted, removed, replaced, swapped, wordsOf } from './edit';
import { ranked, without } from './leaveOut';

const TEXT = ['<unk>', 'dull', 'doll', 'full', 'plot', 'the', 'N', 'i'];
const vocabulary: Vocabulary = {
  text: TEXT,
  count: Float64Array.from([0, 5, 9, 7, 3, 50, 4, 8]),
  special: TEXT.map((text) => text.startsWith('<')),
  classAssociation: TEXT.map(() => null),
  id: new Map(TEXT.map((text, id) => [text, id])),
};
const classifier = { kind: 'classifier' as const, classes: ['negative', 'positive'] };
const steps = (some: Partial<SentenceSteps>): SentenceSteps => ({
  length: 2,
  pClass: null,
  classes: 0,
  followed: 0,
  value: null,
  target: null,
  push: null,
  loss: null,
  next: null,
  surprise: null,
  ...some,
});

describe('edits of a sentence', () => {
  const words = ['i', 'love', 'the', 'plot'];

  it.each([
    ['replace a word', replaced(words, 1, 'hate'), ['i', 'hate', 'the', 'plot'], [0, 1, 2, 3]],
    ['put one in', inserted(words, 2, 'all'), ['i', 'love', 'all', 'the', 'plot'], [0, 1, 3, 4]],
    ['take one out', removed(words, 1), ['i', 'the', 'plot'], [0, null, 1, 2]],
    ['swap the halves', swapped(words, 1), ['love', 'the', 'plot', 'i'], [3, 0, 1, 2]],
  ])('%s, and know where each word went', (_, edit, wanted, places) => {
    expect(edit.words).toEqual(wanted);
    expect(words.map((_word, i) => edit.moved(i))).toEqual(places);
    words.forEach((word, i) => {
      const at = edit.moved(i);
      if (at !== null && wanted.includes(word)) expect(edit.words[at]).toBe(word);
    });
  });

  it('keep what the model read of words that are written otherwise', () => {
    const sentence = { surface: ['I', 'dull', '1987', 'Spielberg'], tokens: Int32Array.from([7, 1, 6, 0]) };
    expect(wordsOf(sentence, vocabulary, (word) => vocabulary.id.get(word.toLowerCase()) ?? null)).toEqual([
      'I',
      'dull',
      'N',
      '<unk>',
    ]);
    expect(wordsOf(sentence, vocabulary, (word) => vocabulary.id.get(word) ?? null)).toEqual([
      'i',
      'dull',
      'N',
      '<unk>',
    ]);
  });

  it('hold a chip from the same word on', () => {
    const key = 'with:rnn.0.h,zero,3,2;rnn.0.h,zero,4,0:cb1f';
    expect(edited(key, removed(words, 0))).toBe('words:rnn.0.h,zero,3,1;rnn.0.h,zero,4,0:love\nthe\nplot');
  });

  it('are read from where the published sentence starts, if that is not an empty memory', () => {
    const once = edited('cb1f', removed(words, 0), true);
    expect(once).toBe('words:start,cb1f:love\nthe\nplot');
    expect(edited(once, removed(['love', 'the', 'plot'], 2))).toBe('words:start,cb1f:love\nthe');
    expect(edited('typed::I love', removed(['i', 'love'], 0), true)).toBe('words::love');
  });
});

describe('the answer as one number', () => {
  it('is a probability, a number or a loss', () => {
    const pClass = Float32Array.from([0.5, 0.5, 0.25, 0.75]);
    const verdictSteps = steps({ pClass, classes: 2, followed: 1 });
    expect(quantity(classifier, 1)).toEqual({ name: 'P(positive)', unit: '', share: true });
    expect(finalAnswer(classifier, verdictSteps)).toBeCloseTo(0.75, 6);
    const language = { kind: 'language model' as const, classes: [] };
    expect(finalAnswer(language, steps({ loss: Float32Array.from([1, Number.NaN]) }))).toBe(1);
    expect(finalAnswer(classifier, null)).toBeNaN();
    expect(fromScore(classifier, Math.log(3))).toBeCloseTo(0.75, 12);
    expect(fromScore(language, 1.5)).toBe(1.5);
  });

  it('flips where another class is likeliest', () => {
    const of = (p: number) => steps({ pClass: Float32Array.from([0, 0, 1 - p, p]), classes: 2, followed: 1 });
    expect(decided(classifier, of(0.4))).toBe(0);
    expect(flips(classifier, of(0.4), of(0.6))).toBe(true);
    expect(flips(classifier, of(0.4), of(0.3))).toBe(false);
    expect(flips(classifier, of(Number.NaN), of(0.3))).toBe(false);
  });
});

describe('the control by random groups', () => {
  const held: Switch[] = [
    { state: 'rnn.0.h', units: [1, 2, 3], instead: 'zero', first: 2 },
    { state: 'rnn.0.h', units: [4], instead: { times: 2 }, first: 0 },
  ];

  it('has as many units, no unit twice, held in the same way, and is always the same', () => {
    const groups = randomGroups(held, () => 10);
    expect(groups).toHaveLength(20);
    for (const group of groups) {
      expect(group.map(({ instead, first, units }) => [instead, first, units.length])).toEqual([
        ['zero', 2, 3],
        [{ times: 2 }, 0, 1],
      ]);
      const units = group.flatMap((one) => [...one.units]);
      expect(new Set(units).size).toBe(4);
      expect(units.every((unit) => unit >= 0 && unit < 10)).toBe(true);
    }
    expect(new Set(groups.map((group) => JSON.stringify(group))).size).toBeGreaterThan(15);
    expect(randomGroups(held, () => 10)).toEqual(groups);
  });

  it('draws every unit about as often', () => {
    const drawn = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((size) =>
      randomGroups(
        [{ state: 's', units: Array.from({ length: size }, (_, i) => i), instead: 'zero', first: 0 }],
        () => 10,
      ),
    );
    const times = new Array<number>(10).fill(0);
    for (const [one] of drawn) for (const unit of one!.units) times[unit]! += 1;
    // 20 · (1 + … + 8) / 10 = 72 of each, with a standard deviation of about 5.
    expect(Math.min(...times)).toBeGreaterThan(54);
    expect(Math.max(...times)).toBeLessThan(90);
  });

  it('is none where a group could only be the whole state', () => {
    expect(randomGroups(held, () => 4)).toEqual([]);
  });

  it('is said in words', () => {
    const found = { before: 0.11, after: 0.64, random: [0.09, 0.15] };
    expect(chance(found).mean).toBeCloseTo(0.03, 12);
    const p = quantity(classifier, 1)!;
    expect(verdict('without chip 5', 8, p, found)).toBe(
      'Without chip 5, P(positive) goes from 0.11 to 0.64; 2 random groups of 8 units move it by 0.03 ± 0.01.',
    );
    expect(againstChance(found)).toBe('No random group moves it as far.');
    expect(againstChance({ before: 0.11, after: 0.14, random: [0.09, 0.15] })).toBe(
      '1 of the 2 random groups moves it as far or farther.',
    );
    expect(verdict('without unit 1', 1, p, { before: 0.5, after: 0.5, random: [] })).toBe(
      'Without unit 1, P(positive) stays at 0.50. These are all units: there is no random group to compare with.',
    );
  });
});

describe('leaving out words', () => {
  const ask = {
    tokens: Int32Array.from([7, 1, 4]),
    state: 'rnn.0.h',
    held: [{ state: 'rnn.0.h', units: [1], value: 'zero' as const, first: 2 }],
  };

  it('shortens the sentence, and what is held stays at its word', () => {
    expect([...without(ask, 0, 'deleted', 0)!.tokens]).toEqual([1, 4]);
    expect(without(ask, 0, 'deleted', 0)!.held![0]!.first).toBe(1);
    expect(without(ask, 2, 'deleted', 0)!.held![0]!.first).toBe(1);
    expect(without({ ...ask, tokens: Int32Array.from([1]) }, 0, 'deleted', 0)).toBeNull();
  });

  it('or puts the stand-in there', () => {
    const replacedAsk = without(ask, 1, 'unknown', 0)!;
    expect([...replacedAsk.tokens]).toEqual([7, 0, 4]);
    expect(replacedAsk.held).toEqual(ask.held);
    expect(without(ask, 1, 'unknown', null)).toBeNull();
    expect([...ask.tokens]).toEqual([7, 1, 4]);
  });

  it('ranks by size', () => {
    expect(ranked([0.1, -0.5, Number.NaN, 0.3])).toEqual([1, 3, 0]);
  });
});
