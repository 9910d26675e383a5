import { scaleLinear } from 'd3-scale';
import { axisOver, extentOf, type Axis } from '../../model/axis';

/** A label under the strip: where its middle is, and which row it stands in. */
export interface PlacedLabel {
  x: number;
  row: number;
}

export interface PushStrip {
  axis: Axis;
  x: (value: number) => number;
  outer: [number, number] | null;
  inner: [number, number] | null;
  median: number | null;
}

export interface PushValues {
  /** 9, 25, 50, 75 and 91 % of the uses; null for a word without any. */
  quantiles: readonly number[] | null;
  here: number;
  reversed: number | null;
}

/** Push on the log-odds: the word's usual range, this sentence, and the same word in the reversed sentence. */
export function pushStrip(values: PushValues, left: number, right: number): PushStrip {
  const { quantiles, here, reversed } = values;
  const [low, high] = extentOf(quantiles, [here, reversed ?? here, 0])!;
  const axis = axisOver(low, high, 3, true);
  const q = quantiles?.every(Number.isFinite) ? quantiles : null;
  return {
    axis,
    x: scaleLinear([axis.low, axis.high], [left, right]),
    outer: q ? [q[0]!, q[4]!] : null,
    inner: q ? [q[1]!, q[3]!] : null,
    median: q ? q[2]! : null,
  };
}

/**
 * Middles of labels that want to stand at `wanted`, kept inside `left`…`right` and `gap` apart; those that
 * cannot share a row go to the next one.
 */
export function placeLabels(
  wanted: readonly { x: number; width: number }[],
  left: number,
  right: number,
  gap = 12,
): PlacedLabel[] {
  const inside = (x: number, width: number): number => Math.max(left + width / 2, Math.min(right - width / 2, x));
  const placed = wanted.map(({ x, width }) => ({ x: inside(x, width), row: 0 }));
  const order = wanted.map((_, i) => i).sort((a, b) => placed[a]!.x - placed[b]!.x);
  for (let i = 1; i < order.length; i += 1) {
    const before = order[i - 1]!;
    const after = order[i]!;
    const apart = (wanted[before]!.width + wanted[after]!.width) / 2 + gap;
    const short = apart - (placed[after]!.x - placed[before]!.x);
    if (short <= 0) continue;
    const roomLeft = placed[before]!.x - wanted[before]!.width / 2 - left;
    const roomRight = right - (placed[after]!.x + wanted[after]!.width / 2);
    if (i > 1 || roomLeft + roomRight < short) {
      placed[after]!.row = placed[before]!.row + 1;
      continue;
    }
    const toLeft = Math.min(roomLeft, Math.max(short / 2, short - roomRight));
    placed[before]!.x -= toLeft;
    placed[after]!.x += short - toLeft;
  }
  return placed;
}
