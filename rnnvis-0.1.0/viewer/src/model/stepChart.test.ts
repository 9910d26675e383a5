import { describe, expect, it } from 'vitest';
import type { Quantiles, WordResponse } from '../data/types';
import { markAt, stepChart } from './stepChart';

const frame = { left: 40, right: 340, top: 10, bottom: 110 };
const response: WordResponse = {
  wordId: 3,
  count: 12,
  reliability: 0.9,
  norm: 1,
  mean: new Float32Array([-0.2, 0.3, 0.1]),
  standardError: new Float32Array([0.05, 0.05, 0.1]),
};
const around = (shift: number): Float32Array => response.mean.map((mean) => mean + shift);
const quantiles: Quantiles = {
  q09: around(-0.2),
  q25: around(-0.1),
  q50: around(0),
  q75: around(0.1),
  q91: around(0.2),
};
const actual = new Float32Array([0.7, 0.2, -0.1]);

describe('stepChart', () => {
  it('orders units by the usual change', () => {
    const chart = stepChart(actual, response, quantiles, frame);
    expect(chart.marks.map((mark) => mark.unit)).toEqual([1, 2, 0]);
    expect(chart.marks.map((mark) => mark.x)).toEqual([90, 190, 290]);
    expect(chart.basis).toBe('quantiles');
  });
  it('keeps every dot and box, and zero, inside the frame', () => {
    const chart = stepChart(actual, response, quantiles, frame);
    for (const mark of chart.marks)
      for (const value of [mark.actual, ...mark.outer!, ...mark.inner!, 0]) {
        expect(chart.y(value)).toBeGreaterThanOrEqual(frame.top - 1e-6);
        expect(chart.y(value)).toBeLessThanOrEqual(frame.bottom + 1e-6);
      }
  });
  it('falls back to two standard errors for a rare word', () => {
    const chart = stepChart(actual, response, null, frame);
    expect(chart.basis).toBe('standard error');
    expect(chart.marks[0]!.inner![0]).toBeCloseTo(0.2);
    expect(chart.marks[0]!.inner![1]).toBeCloseTo(0.4);
    expect(chart.marks[0]!.outer).toBeNull();
  });
  it('orders by the change itself for a word without uses', () => {
    const chart = stepChart(actual, null, null, frame);
    expect(chart.basis).toBe('none');
    expect(chart.marks.map((mark) => mark.unit)).toEqual([0, 1, 2]);
  });
});

describe('markAt', () => {
  const chart = stepChart(actual, response, quantiles, frame);
  it('finds the column under the pointer', () => {
    expect(markAt(chart, 41)!.unit).toBe(1);
    expect(markAt(chart, 340)!.unit).toBe(0);
  });
  it('finds nothing outside', () => expect(markAt(chart, 20)).toBeNull());
});
