import { describe, expect, it } from 'vitest';
import type { Clustering, StateSequence } from '../data/types';
import { BAND, halfSide, type HalfData } from './half';
import { halfScene, handedOver, layFlows } from './halfScene';
import { samplePicture } from './sample';
import { buildScene, layout } from './scene';
import type { PictureData } from './pictureData';

const sequence = (rows: number[][], initial: number[], reversed = false): StateSequence => ({
  length: rows.length,
  units: initial.length,
  initial: Float32Array.from(initial),
  values: Float32Array.from(rows.flat()),
  reversed,
});

const grouped = (labels: number[], order: number[]): Clustering =>
  ({
    units: { ids: Int32Array.from(labels.keys()), labels: Uint8Array.from(labels), order, summaries: [] },
  }) as unknown as Clustering;

describe('the state that is handed over', () => {
  const decoder = sequence([[9, 9]], [0.5, -0.25]);

  it('is the last one of the encoder, and the first one of one that reads backwards', () => {
    const rows = [
      [1, 1],
      [0.5, -0.25],
    ];
    expect(handedOver(sequence(rows, [0, 0]), decoder)).toEqual(Float32Array.of(0.5, -0.25));
    expect(handedOver(sequence(rows.toReversed(), [0, 0], true), decoder)).toEqual(Float32Array.of(0.5, -0.25));
  });

  it('is none where one unit differs by more than the rounding, or units are not the same', () => {
    expect(handedOver(sequence([[0.5, -0.22]], [0, 0]), decoder)).toBeNull();
    expect(handedOver(sequence([[0.5, -0.2499]], [0, 0]), decoder)).not.toBeNull();
    expect(handedOver(sequence([[0.5, -0.25, 0]], [0, 0, 0]), decoder)).toBeNull();
    expect(handedOver(null, decoder)).toBeNull();
    expect(handedOver(sequence([[0, 0]], [0, 0]), sequence([[1, 1]], [0, 0]))).toBeNull();
  });
});

it('goes from chip to chip by the units that are in both', () => {
  const state = Float32Array.of(1, -2, 3, 0.5, 0);
  // Drawn from the left: chips 1, 0 of the encoder; 0, 2, 1 of the decoder.
  const flows = layFlows(state, grouped([0, 0, 1, 1, 1], [1, 0]), grouped([0, 2, 2, 0, 1], [0, 2, 1]), {
    glyphX: 100,
    pitch: 20,
    bar: 10,
  });
  expect(flows.map(({ from, to, units, amount }) => [from, to, units, amount])).toEqual([
    [1, 0, 1, 0.5],
    [1, 2, 1, 3],
    [1, 1, 1, 0],
    [0, 0, 1, 1],
    [0, 2, 1, 2],
  ]);
  // The decoder's chip 2 holds most, 5 of |state|: it is as wide as a bar.
  flows.forEach(({ amount, width }) => expect(width).toBeCloseTo(2 * amount, 6));
  expect(flows.map(({ x1 }) => Math.round(10 * x1) / 10)).toEqual([104, 123, 145, 105.5, 128]);
  expect(flows.filter(({ strong }) => strong).map(({ amount }) => amount)).toEqual([3, 2]);
  expect(flows.map(({ x0 }) => Math.round(10 * x0) / 10)).toEqual([102, 105.5, 108.5, 123, 126]);
});

describe('an encoder over its decoder', () => {
  const data = samplePicture() as PictureData;
  const half: HalfData = {
    sentence: data.sentence!,
    steps: data.steps,
    sequence: data.sequence,
    clustering: data.clustering,
    vocabulary: data.vocabulary,
    model: data.model!,
    state: data.state!,
    above: false,
  };
  const built = (above: boolean): ReturnType<typeof buildScene> => {
    const joined = { ...data, half: { ...half, above } };
    const box = { width: 1056, height: 772 };
    const columns = layout(joined, box, 'wide');
    return buildScene(joined, box, 'wide', { columns, half: halfScene(joined, columns) });
  };

  it('stands above it in either view, and no two rows share a place', () => {
    const count = data.sentence!.tokens.length;
    for (const above of [false, true]) {
      const scene = built(above);
      const ys = (one: typeof scene): number[] => one.sequence!.rows.map(({ y }) => y);
      const [upper, lower] = above ? [ys(halfSide(scene)), ys(scene)] : [ys(scene), ys(halfSide(scene))];
      const pitch = scene.columns.sequence!.rowPitch;
      expect(upper).toEqual(upper.map((_, i) => pitch * (i + 0.5)));
      expect(lower).toEqual(upper.map((y) => y + pitch * (count + BAND)));
      expect(scene.sequence!.contentHeight).toBe(pitch * (2 * count + BAND));
      expect(scene.half!.sequence.contentHeight).toBe(scene.sequence!.contentHeight);
      expect(scene.half!.sequence.scale).toBe(scene.sequence!.scale);
    }
  });

  it('draws nothing as handed over that the decoder does not start from', () => {
    expect(built(false).half!.flows).toBeNull();
  });
});
