import { describe, expect, it } from 'vitest';
import { decodeStates } from './decode';

describe('decodeStates', () => {
  const after = [
    { step: 0, value: [0.5, -0.25] },
    { step: 1, value: [1, 0] },
  ];
  it('starts from zero where nothing is said', () => {
    expect(decodeStates(after, 2)).toEqual({
      length: 2,
      units: 2,
      initial: Float32Array.of(0, 0),
      values: Float32Array.of(0.5, -0.25, 1, 0),
    });
  });
  it('starts from the state of step −1, which is no step of the sentence', () => {
    const carried = decodeStates([{ step: -1, value: [0.125, 2] }, ...after], 2);
    expect(carried.initial).toEqual(Float32Array.of(0.125, 2));
    expect([carried.length, [...carried.values]]).toEqual([2, [0.5, -0.25, 1, 0]]);
  });
});
