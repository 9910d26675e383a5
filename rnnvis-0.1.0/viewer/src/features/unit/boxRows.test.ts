import { describe, expect, it } from 'vitest';
import { LIGHT } from '../../paint/colour';
import { SvgSurface } from '../../paint/svg';
import { boxRows, type WordBox } from './boxRows';
import { boxFrame, paintBoxes } from './paintBoxes';

const box = (text: string, mean: number, frequent = true): WordBox => ({
  wordId: 0,
  text,
  uses: 40,
  mean,
  standardError: 0.02,
  quantiles: frequent ? [mean - 0.2, mean - 0.1, mean, mean + 0.1, mean + 0.2] : null,
});

describe('boxRows', () => {
  const chart = boxRows([box('a', 0.5), box('b', 0.4)], [box('c', -0.3, false)]);
  it('keeps every whisker and zero on the axis', () => {
    expect(chart.axis.low).toBeLessThanOrEqual(-0.34);
    expect(chart.axis.high).toBeGreaterThanOrEqual(0.7);
  });
  it('leaves a gap between rising and falling words', () => {
    const [a, b, c] = chart.rows.map((row) => row.y) as [number, number, number];
    expect(c - b).toBeGreaterThan(b - a);
    expect(chart.height).toBeGreaterThan(c);
  });
  it('has fewer ticks where there is less room', () => {
    expect(boxRows([box('a', 0.5)], [], 260).axis.ticks.length).toBeLessThan(
      boxRows([box('a', 0.5)], [], 700).axis.ticks.length,
    );
  });
  it('gives long words room, and leaves most of it to the boxes', () => {
    const left = (text: string): number => boxFrame(boxRows([box(text, 0.5)], []), 500).left;
    expect(left('performances')).toBeGreaterThan(left('bad'));
    expect(left('x'.repeat(200))).toBe(200);
  });
  it('draws words without quantiles, and words that are markup', () => {
    const surface = new SvgSurface();
    paintBoxes(surface, boxRows([box('<b>', 0.5)], [box('c', -0.3, false)]), 500, LIGHT, 0);
    const svg = surface.document(500, 200, '#FFFFFF', 'test');
    expect(svg).toContain('&lt;b&gt;');
    expect(svg).not.toMatch(/NaN|<b>/);
  });
});
