import { describe, expect, it } from 'vitest';
import { placeLabels, pushStrip } from './pushStrip';

describe('pushStrip', () => {
  it('spans all values and zero', () => {
    const strip = pushStrip({ quantiles: [-0.42, -0.3, -0.28, -0.2, -0.17], here: -0.41, reversed: -0.15 }, 30, 320);
    expect(strip.axis.low).toBeLessThanOrEqual(-0.42);
    expect(strip.axis.high).toBe(0);
    expect(strip.x(0)).toBeCloseTo(320);
    expect(strip.median).toBe(-0.28);
  });
  it('does without quantiles', () => {
    const strip = pushStrip({ quantiles: null, here: 0.2, reversed: null }, 0, 100);
    expect(strip.outer).toBeNull();
    expect(strip.x(0.2)).toBeLessThanOrEqual(100);
  });
});

describe('placeLabels', () => {
  const overlap = (labels: { x: number; row: number }[], width: number): boolean =>
    labels[0]!.row === labels[1]!.row && Math.abs(labels[0]!.x - labels[1]!.x) < width;
  it('leaves labels that have room', () => {
    expect(
      placeLabels(
        [
          { x: 50, width: 40 },
          { x: 200, width: 40 },
        ],
        0,
        300,
      ),
    ).toEqual([
      { x: 50, row: 0 },
      { x: 200, row: 0 },
    ]);
  });
  it('keeps labels inside', () => {
    expect(placeLabels([{ x: 2, width: 40 }], 0, 300)[0]!.x).toBe(20);
    expect(placeLabels([{ x: 299, width: 40 }], 0, 300)[0]!.x).toBe(280);
  });
  it('pushes close labels apart', () => {
    const labels = placeLabels(
      [
        { x: 150, width: 80 },
        { x: 155, width: 80 },
      ],
      0,
      300,
    );
    expect(overlap(labels, 80)).toBe(false);
    expect(labels.map((label) => label.row)).toEqual([0, 0]);
  });
  it('uses the room on one side when the other has none', () => {
    const labels = placeLabels(
      [
        { x: 240, width: 100 },
        { x: 250, width: 100 },
      ],
      0,
      300,
    );
    expect(labels[1]!.x).toBeCloseTo(250);
    expect(labels[0]!.x).toBeCloseTo(138);
  });
  it('takes a second row when the line is full', () => {
    const labels = placeLabels(
      [
        { x: 100, width: 180 },
        { x: 200, width: 180 },
      ],
      0,
      300,
    );
    expect(labels.map((label) => label.row)).toEqual([0, 1]);
  });
});
