import { describe, expect, it } from 'vitest';
import { tokens } from './colour';
import type { Surface } from './surface';
import { measure } from '../model/text';
import { axisOver } from '../model/axis';
import { paintUprightAxis } from './paintAxis';

function labels(low: number, high: number, left: number) {
  const said: { text: string; left: number; right: number }[] = [];
  const surface = {
    line: () => {},
    text: (x: number, _y: number, text: string, { size }: { size: number }) =>
      said.push({ text, left: x - measure(text, 'interface', size).width, right: x }),
  } as unknown as Surface;
  paintUprightAxis(surface, axisOver(low, high, 4, true), (value) => value, { left, right: 300 }, tokens('light'));
  return said;
}

describe('paintUprightAxis', () => {
  it.each([0.5, 0.002, 0.0005, 0.00002, 3e-7])('keeps the sign of ±%s inside the left edge', (size) => {
    const found = labels(-size, size, 36);
    expect(found.some(({ text }) => text.startsWith('\u2212'))).toBe(true);
    for (const { left, right } of found) {
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThan(36);
    }
  });
});
