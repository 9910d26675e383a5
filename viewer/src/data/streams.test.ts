import { describe, expect, it } from 'vitest';
import { driftOf, type Aged } from './streams';

const aged = (age: number, drift: number | null): Aged => ({
  age,
  until: age + 16,
  streams: 3,
  mean: 0,
  drift,
  standardError: 0.1,
});

describe('driftOf', () => {
  const units = new Map([
    [0, [aged(0, 0), aged(16, 8)]],
    [1, [aged(0, 0), aged(16, 0)]],
    [2, [aged(0, 0), aged(16, 4)]],
    [3, [aged(0, null), aged(16, null)]],
  ]);

  it('says between what the middle half of the units is, of those that are known', () => {
    const found = driftOf(units, 0)!;
    expect(found.ages.map(({ drift }) => drift)).toEqual([0, 8]);
    expect(found.middle).toEqual([
      { low: 0, high: 0 },
      { low: 2, high: 6 },
    ]);
  });

  it('knows nothing of a unit that is not there', () => {
    expect(driftOf(units, 9)).toBeNull();
    expect(driftOf(new Map(), 0)).toBeNull();
  });
});
