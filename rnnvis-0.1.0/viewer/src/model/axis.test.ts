import { describe, expect, it } from 'vitest';
import { axisOver, extentOf } from './axis';

describe('axisOver', () => {
  it('has round ticks inside the data', () => {
    const axis = axisOver(-0.27, 0.33);
    expect(axis.ticks).toEqual([-0.2, 0, 0.2]);
    expect(axis.digits).toBe(1);
    expect([axis.low, axis.high]).toEqual([-0.27, 0.33]);
  });
  it('never writes minus zero', () => {
    expect(axisOver(-1, 1, 2).ticks.some((tick) => Object.is(tick, -0))).toBe(false);
  });
  it('widens to the outer ticks when asked', () => {
    const axis = axisOver(-0.57, 0, 3, true);
    expect(axis.low).toBeCloseTo(-0.6);
    expect(axis.high).toBe(0);
  });
  it('gives a single value, and no value at all, some room', () => {
    expect(axisOver(0, 0).low).toBeLessThan(0);
    expect(axisOver(3, 3).high).toBeGreaterThan(3);
    expect(axisOver(NaN, NaN).ticks.length).toBeGreaterThan(1);
  });
  it('counts the decimals that its ticks need', () => {
    expect(axisOver(0, 0.04).digits).toBe(2);
    expect(axisOver(0, 4000).digits).toBe(0);
  });
});

describe('extentOf', () => {
  it('looks over several lists and skips what is missing', () => {
    expect(extentOf([1, NaN, -2], null, new Float32Array([4]))).toEqual([-2, 4]);
    expect(extentOf([], undefined)).toBeNull();
  });
});
