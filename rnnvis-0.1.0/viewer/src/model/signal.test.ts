import { describe, expect, it } from 'vitest';
import type { Channel } from '../data/signal';
import { columns } from './layout';
import { share, signalLanes, valueAt } from './signal';

const channel = (name: string, truth = false): Channel => ({ name, truth, low: -1, high: 3 });

describe('lanes of a signal', () => {
  it('are lines of few channels, those of the truth last', () => {
    const channels = [channel('x'), channel('speed', true), channel('y')];
    expect(signalLanes({ channels })).toEqual({ strip: [], lines: [0, 2, 1] });
  });

  it('are a strip of many, and lines of up to two truths', () => {
    const inputs = Array.from({ length: 5 }, (_, i) => channel(String(i)));
    const truths = ['a', 'b', 'c'].map((name) => channel(name, true));
    expect(signalLanes({ channels: [...inputs, ...truths] })).toEqual({ strip: [0, 1, 2, 3, 4], lines: [5, 6] });
  });

  it('scale each channel between its own quantiles', () => {
    expect(share(1, channel('x'))).toBe(0.5);
    expect(share(-9, channel('x'))).toBe(0);
    expect(share(9, channel('x'))).toBe(1);
    expect(share(2, { low: 2, high: 2 })).toBe(0.5);
  });

  it.each([
    [{ strip: [], lines: [0, 1, 2] }, false],
    [{ strip: [0, 1, 2, 3, 4], lines: [5, 6] }, false],
    [{ strip: [0, 1, 2, 3, 4], lines: [] }, true],
  ])('stand between the words and their bars, beside one another: %j, paired %s', (signal, paired) => {
    const sizes = {
      tokenWidth: 90,
      tokens: 12,
      paired,
      clusters: 8,
      hasTrack: true,
      hasAttention: true,
      hasPush: true,
    };
    const { sequence } = columns({ width: 1440, height: 800 }, 'wide', { ...sizes, signal, manyUnits: false, note: 0 });
    const { signal: place, attention, push, tokenRight, glyphX } = sequence!;
    const spans = [
      ...(place!.strip ? [[place!.strip.x, place!.strip.x + place!.strip.width]] : []),
      ...place!.lines.map((x) => [x, x + place!.width]),
      [attention!.x, attention!.x + attention!.width],
      [push!.x, push!.x + push!.width],
    ];
    expect(place!.lines).toHaveLength(signal.lines.length);
    expect(spans[0]![0]).toBeGreaterThan(tokenRight);
    for (const [i, [from]] of spans.slice(1).entries()) expect(from).toBeGreaterThanOrEqual(spans[i]![1]!);
    expect(glyphX).toBeGreaterThan(spans.at(-1)![1]!);
  });

  it('read a value by its step and channel', () => {
    const signal = { channels: [channel('x'), channel('y')], length: 2, values: Float32Array.of(1, 2, 3, 4) };
    expect(valueAt(signal, 1, 0)).toBe(3);
    expect(valueAt(signal, 5, 0)).toBeNaN();
  });
});
