import { describe, expect, it } from 'vitest';
import type { ModelEntry, Sentence, SentenceSteps } from '../data/types';
import { verdictOf, wordLosses } from './verdict';

const none: SentenceSteps = {
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
};
const sentence = { label: 0, surface: ['a', 'b'] } as unknown as Sentence;
const labels = ['negative', 'positive'];
const classifier = { kind: 'classifier', classes: labels } as unknown as ModelEntry;
const p = (...values: number[]): Partial<SentenceSteps> => ({ pClass: Float32Array.from(values), classes: 2 });

describe('a verdict', () => {
  it('is what is likeliest after the last word, held against the label', () => {
    const wrong = verdictOf(classifier, labels, sentence, { ...none, ...p(0.9, 0.1, 0.25, 0.75) })!;
    expect(wrong).toMatchObject({ answer: 'positive', sure: 0.75, truth: 'negative', right: false });
    expect(verdictOf(classifier, labels, sentence, { ...none, ...p(0.1, 0.9, 0.75, 0.25) })!.right).toBe(true);
  });

  it('is neither right nor wrong without a label, or with one that is no class of the model', () => {
    const steps = { ...none, ...p(0.1, 0.9, 0.75, 0.25) };
    expect(verdictOf(classifier, labels, { ...sentence, label: null }, steps)).toMatchObject({
      truth: null,
      right: null,
    });
    expect(verdictOf(classifier, ['bad', 'good'], sentence, steps)).toMatchObject({ truth: 'bad', right: null });
  });

  it('takes what the steps say is right before the label of the text', () => {
    const steps = { ...none, ...p(0.1, 0.9, 0.75, 0.25), target: Int32Array.of(-1, 1) };
    expect(verdictOf(classifier, labels, sentence, steps)).toMatchObject({ truth: 'positive', right: false });
  });

  it('is the last one that there is', () => {
    const steps = { ...none, ...p(0.25, 0.75, Number.NaN, Number.NaN) };
    expect(verdictOf(classifier, labels, sentence, steps)).toMatchObject({ answer: 'positive', sure: 0.75 });
  });

  it('counts tags that were right, of those that are known', () => {
    const tagger = { ...classifier, kind: 'recording', answer: { means: 'tag', per: 'step' } } as unknown as ModelEntry;
    const steps = { ...none, length: 3, ...p(0.9, 0.1, 0.2, 0.8, 0.6, 0.4), target: Int32Array.of(0, 0, -1) };
    expect(verdictOf(tagger, [], sentence, steps)!.tags).toEqual({ right: 1, of: 2 });
  });

  it('is a number, and how far off', () => {
    const model = { ...classifier, classes: [], answer: { means: 'number', per: 'sequence' } } as unknown as ModelEntry;
    const steps = { ...none, value: Float32Array.of(1, 2.5), loss: Float32Array.of(Number.NaN, 0.25) };
    expect(verdictOf(model, [], sentence, steps)!.number).toEqual({ value: 2.5, off: 0.5 });
    expect(verdictOf(model, [], sentence, none)).toBeNull();
  });

  it('of a language model is its mean loss, and a word has the loss of the guess before it', () => {
    const model = { kind: 'language model', classes: [] } as unknown as ModelEntry;
    const steps = { ...none, loss: Float32Array.of(3, Number.NaN) };
    expect(verdictOf(model, [], sentence, steps)!.loss).toEqual({ mean: 3, of: 1 });
    expect([...wordLosses(model, steps)!]).toEqual([Number.NaN, 3]);
    expect(wordLosses(model, none)).toBeNull();
  });

  it('is none of a model whose answer is not known', () => {
    expect(verdictOf({ kind: 'recording', classes: [] } as unknown as ModelEntry, [], sentence, none)).toBeNull();
  });
});
