import { describe, expect, it } from 'vitest';
import { followed, paces, slowestAndFastest } from './followed';

describe('followed units', () => {
  const sequence = {
    length: 2,
    units: 3,
    initial: new Float32Array(3),
    values: new Float32Array([0.5, -1, 2, 0.25, 0, -3]),
  };

  it('are the states of the chosen units after every word, on one scale', () => {
    const found = followed(sequence, [2, 0, 7]);
    expect(found.list.map(({ unit, values }) => [unit, [...values]])).toEqual([
      [2, [2, -3]],
      [0, [0.5, 0.25]],
    ]);
    expect(found.largest).toBe(3);
    expect(followed(null, [0])).toEqual({ list: [], largest: 0 });
  });

  it('are offered by one measure: the time-scale of the units, or of their gates where no unit has one', () => {
    const row = (unit: number, timeScale: number | null, gateTimeScale: number | null) => ({
      unit,
      timeScale,
      gateTimeScale,
    });
    const known = paces([row(0, 4, 1), row(1, null, 90), row(2, 2, 3)]);
    expect(slowestAndFastest(known)).toEqual({ slowest: 0, fastest: 2 });
    const gates = paces([row(0, null, 1), row(1, null, 90)]);
    expect(slowestAndFastest(gates)).toEqual({ slowest: 1, fastest: 0 });
    expect(slowestAndFastest(paces([row(0, 4, 1), row(1, null, 90)]))).toBeNull();
  });
});
