import { describe, expect, it } from 'vitest';
import { decodeAnswerMemory } from '../data/answerMemory';
import { answerParts, placeOf, shownParts } from './answerMemory';

describe('memory of the answer', () => {
  const rows = [
    { step: 0, class: 1, answer: 1.5, rest: 0.5, part: [1] },
    { step: 1, class: 1, answer: -2.5, rest: 0.5, part: [0.25, -3.25] },
  ];

  it('is that after the pinned step, else after the last, and its widest arc is the largest part', () => {
    const memory = decodeAnswerMemory(rows, null)!;
    expect(memory.largest).toBe(3.25);
    expect(shownParts(memory, 0)).toEqual({ step: 0, answer: 1.5, rest: 0.5, part: new Float32Array([1]) });
    expect(shownParts(memory, null)!.step).toBe(1);
    expect(shownParts(memory, 7)).toBeNull();
    expect(shownParts(null, 0)).toBeNull();
    expect([0, 1].map((word) => placeOf(memory.steps.get(1)!.part, word))).toEqual([2, 1]);
  });

  it('of several classes is that of the class that is followed', () => {
    const several = [0, 1, 2].map((of) => ({ step: 0, class: of, answer: of, rest: 0, part: [of] }));
    expect(decodeAnswerMemory(several, 2)!.steps.get(0)!.answer).toBe(2);
    expect(decodeAnswerMemory([], 1)).toBeNull();
  });

  it('of a sentence that was run here is what the gates leave of each writing, and sums to the answer', () => {
    // One unit: s_0 = 2, kept a half and then a quarter, written 0 and 0.5, read doubled by v = 3 and a = 2.
    const memory = answerParts({ states: [1, 0.75], before: [2, 1], kept: [0.5, 0.25], opened: [2, 2] }, [3], 1);
    const { part, rest, answer } = memory.steps.get(1)!;
    expect([...part]).toEqual([0, 3]);
    expect(rest).toBe(1 + 6 * 2 * 0.5 * 0.25);
    expect(answer).toBe(1 + 6 * 0.75);
    expect(part[0]! + part[1]! + rest).toBe(answer);
  });
});
