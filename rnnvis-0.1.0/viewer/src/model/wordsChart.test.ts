import { describe, expect, it } from 'vitest';
import type { Quantiles, WordResponse } from '../data/types';
import { lineLabels } from './lineLabels';
import { stepPath, wordsChart, type WordInput } from './wordsChart';

const frame = { left: 30, right: 330, top: 0, bottom: 150 };
const units = 30;

function word(text: string, at: (i: number) => number, spread = 0.05): WordInput {
  const mean = Float32Array.from({ length: units }, (_, i) => at(i));
  const response: WordResponse = {
    wordId: 0,
    count: 50,
    reliability: 1,
    norm: 1,
    mean,
    standardError: mean.map(() => 0.01),
  };
  const shift = (by: number): Float32Array => mean.map((value) => value + by);
  const quantiles: Quantiles = {
    q09: shift(-2 * spread),
    q25: shift(-spread),
    q50: mean,
    q75: shift(spread),
    q91: shift(2 * spread),
  };
  return { text, place: 0, response, quantiles };
}

const rising = word('love', (i) => i / 60 - 0.25);
const falling = word('dull', (i) => 0.4 - i / 30);

describe('wordsChart', () => {
  it('sorts units by the first word and draws the others in that order', () => {
    const chart = wordsChart([rising, falling], frame);
    expect(chart.marks[0]!.unit).toBe(units - 1);
    expect(chart.words[0]!.mean[0]).toBeLessThan(chart.words[0]!.mean[units - 1]!);
    expect(chart.words[1]!.mean[0]).toBeGreaterThan(chart.words[1]!.mean[units - 1]!);
  });
  it('keeps bands inside the frame, inner inside outer', () => {
    const chart = wordsChart([rising, falling], frame);
    for (const line of chart.words)
      line.inner.forEach(([top, bottom], i) => {
        const [outerTop, outerBottom] = line.outer[i]!;
        expect(outerTop).toBeGreaterThanOrEqual(frame.top - 1e-6);
        expect(outerBottom).toBeLessThanOrEqual(frame.bottom + 1e-6);
        expect(top).toBeGreaterThanOrEqual(outerTop);
        expect(bottom).toBeLessThanOrEqual(outerBottom);
      });
  });
  it('draws two standard errors for a word without quantiles', () => {
    const chart = wordsChart([{ ...rising, quantiles: null }], frame);
    expect(chart.words[0]!.basis).toBe('standard error');
    expect(chart.words[0]!.outer).toEqual([]);
    expect(chart.words[0]!.inner.length).toBe(units);
  });
  it('has no columns without words', () => expect(wordsChart([], frame).marks).toEqual([]));
});

describe('stepPath', () => {
  it('is flat over a column and upright between two', () => {
    expect(stepPath(new Float32Array([1, 5]), 10, 4)).toBe('M10.00 1.00H14.00V5.00H18.00');
  });
});

describe('lineLabels', () => {
  it('stands clear of the other word, of other labels and of the edges', () => {
    const chart = wordsChart([rising, falling], frame);
    const labels = lineLabels(chart, [30, 30]);
    labels.forEach((label, index) => {
      expect(label.y - 11).toBeGreaterThanOrEqual(frame.top - 1);
      expect(label.y + 4).toBeLessThanOrEqual(frame.bottom + 1);
      const other = chart.words[1 - index]!;
      chart.marks.forEach((mark, i) => {
        if (mark.x < label.x || mark.x > label.x + 30) return;
        const line = other.mean[i]!;
        expect(line > label.y - 11 && line < label.y + 4).toBe(false);
      });
    });
  });
});
