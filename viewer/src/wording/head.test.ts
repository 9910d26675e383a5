import { describe, expect, it } from 'vitest';
import type { ModelEntry, Sentence, SentenceSteps } from '../data/types';
import { aboutWord, headOf, tintLine } from './head';
import { answerPieces } from './sum';

const model = { classes: ['negative', 'positive'], kind: 'classifier' } as ModelEntry;
const sentence = { surface: ['fun', 'dull'], text: 'fun dull', label: 0, tokens: [1, 2] } as unknown as Sentence;
const steps: SentenceSteps = {
  length: 2,
  classes: 2,
  pClass: Float32Array.of(0.3, 0.7, 0.8, 0.2),
  followed: 1,
  value: null,
  target: null,
  push: Float32Array.of(1, -2),
  loss: Float32Array.of(1.2, 0.22),
  next: null,
  surprise: null,
};

describe('the head of a sentence', () => {
  it('is tinted by pushes, and says what they come to and whether that is right', () => {
    const head = headOf(model, ['negative', 'positive'], sentence, steps, null)!;
    expect(head.signed).toBe(true);
    expect(aboutWord(head, 1)).toBe('“dull”: −2.00 in log-odds, towards negative');
    const said = answerPieces(head.sum, head.verdict, head.said);
    expect(said.map(({ text }) => text).join(' ')).toBe(
      '+1.00 for positive, −2.00 for negative, −0.39 before the first word: −1.39, negative, 80 % sure right: labelled negative',
    );
    expect(said.map(({ tone }) => tone)).toEqual([
      'up',
      'plain',
      'down',
      'plain',
      'number',
      'plain',
      'number',
      'answer',
      'right',
    ]);
  });

  it('is tinted by losses where no word pushes, and by nothing where nothing is known: the text and its label stay', () => {
    const head = headOf(model, [], sentence, { ...steps, push: null }, null)!;
    expect(head.signed).toBe(false);
    expect([...head.values!]).toEqual([...steps.loss!]);
    expect(aboutWord(head, 0)).toBe('“fun”: loss 1.20 nats');
    const silent = { ...model, classes: [] };
    const nothing = { ...steps, push: null, loss: null, pClass: null };
    const bare = headOf(silent, ['sad'], sentence, nothing, null)!;
    expect([bare.values, bare.sum]).toEqual([null, null]);
    expect(answerPieces(bare.sum, bare.verdict, bare.said)).toEqual([{ text: 'labelled sad', tone: 'right' }]);
    expect(headOf(silent, [], sentence, nothing, null)!.verdict).toBeNull();
    expect(headOf(model, [], null, steps, null)).toBeNull();
  });

  it('says what the tint of a list stands for', () => {
    expect(tintLine({ signed: true, most: 1.651 }, model, 1)).toContain('strongest in the list ±1.65 in log-odds');
    expect(tintLine({ signed: false, most: 2 }, model, 1)).toContain('darkest in the list 2.00 nats');
  });
});
