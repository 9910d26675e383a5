import { describe, expect, it } from 'vitest';
import type { ModelEntry, NextWords, SentenceSteps } from '../data/types';
import { samplePicture } from './sample';
import { candidates, lineUnder, shortP } from './nextWords';

const { sentence, vocabulary } = samplePicture({ tokens: 3 });
const came = sentence!.tokens[1]!;
const next: NextWords = {
  p: Float32Array.from([0.25, 0.125, NaN]),
  count: 2,
  ids: Int32Array.from([came, 3, 4, 5, 6, 7]),
  probabilities: Float32Array.from([0.25, 0.125, 0.5, 0.25, 0.75, 0.0625]),
};

describe('candidates', () => {
  it('keeps the order and marks the word that came', () => {
    expect(candidates(next, 0, sentence!, vocabulary)).toEqual([
      { text: vocabulary.text[came], p: 0.25, came: true },
      { text: vocabulary.text[3], p: 0.125, came: false },
    ]);
  });
  it('marks none after the last word', () =>
    expect(candidates(next, 2, sentence!, vocabulary).map((c) => c.came)).toEqual([false, false]));
});

const steps = { length: 3, next, pClass: null } as unknown as SentenceSteps;

describe('lineUnder', () => {
  it('is the likeliest tag of a model of tags, and says whether it is right', () => {
    const model = { kind: 'recording', classes: ['noun', 'verb'], answer: { means: 'tag', per: 'step' } } as ModelEntry;
    const tags = {
      length: 2,
      classes: 2,
      next: null,
      pClass: Float32Array.from([0.25, 0.75, 0.5, 0.5]),
      target: Int32Array.from([1, -1]),
    } as SentenceSteps;
    const of = { model, sentence, steps: tags, vocabulary };
    expect(lineUnder(of, 0, 200)).toMatchObject({ text: 'verb', p: 0.75, came: true, mark: '' });
    expect(lineUnder(of, 1, 200)).toMatchObject({ text: 'noun', p: 0.5, came: false });
  });
  it('is the likeliest word', () =>
    expect(lineUnder({ model: null, sentence, steps, vocabulary }, 1, 200)).toMatchObject({
      text: vocabulary.text[4],
      p: 0.5,
      shown: vocabulary.text[4],
    }));
  it('is cut where there is no room', () => {
    const long = { ...vocabulary, text: vocabulary.text.map(() => 'incomprehensibilities') };
    expect(lineUnder({ model: null, sentence, steps, vocabulary: long }, 1, 70)!.shown).toMatch(/^inc.*…$/);
  });
});

it('writes a probability without its zero', () =>
  expect([shortP(0.625), shortP(1), shortP(0.001)]).toEqual(['.63', '1.00', '.00']));
