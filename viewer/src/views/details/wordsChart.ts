import { scaleLinear } from 'd3-scale';
import type { Quantiles, WordResponse } from '../../data/types';
import { axisOver, extentOf, type Axis } from '../chart/axis';
import { descending } from './order';
import { boxesOf, columns, type Basis, type Frame } from './stepChart';

export interface WordInput {
  text: string;
  /** Place among the selected words, 0–2: its colour. */
  place: number;
  response: WordResponse;
  quantiles: Quantiles | null;
}

/** One word's line and bands, in pixels, in the order of the columns. */
export interface WordLine {
  text: string;
  place: number;
  basis: Basis;
  /** Position of the mean in each column. */
  mean: Float32Array;
  /** Top and bottom of the inner and outer band in each column; empty without one. */
  inner: [number, number][];
  outer: [number, number][];
}

export interface WordsChart extends Frame {
  axis: Axis;
  order: Int32Array;
  pitch: number;
  drawn: number;
  words: WordLine[];
  marks: { unit: number; x: number }[];
  y: (value: number) => number;
}

/** Up to three words over the same units, sorted by the first word's mean response. */
export function wordsChart(inputs: readonly WordInput[], frame: Frame): WordsChart {
  const order = descending(inputs[0]?.response.mean ?? []);
  const { pitch, drawn } = columns(order.length, frame);
  const boxes = inputs.map(({ response, quantiles }) => boxesOf(response, quantiles));
  const spans = inputs.map(({ response, quantiles }) =>
    extentOf(
      response.mean,
      quantiles?.q09,
      quantiles?.q91,
      quantiles || !response.standardError ? null : response.mean.map((m, i) => m + 2 * response.standardError![i]!),
      quantiles || !response.standardError ? null : response.mean.map((m, i) => m - 2 * response.standardError![i]!),
    ),
  );
  const [low, high] = extentOf(...spans, [0]) ?? [-1, 1];
  const axis = axisOver(low, high, 5);
  const y = scaleLinear([axis.low, axis.high], [frame.bottom, frame.top]);
  const band = (box: (unit: number) => [number, number] | null): [number, number][] => {
    const bands: [number, number][] = [];
    for (const unit of order) {
      const span = box(unit);
      if (span) bands.push([y(span[1]), y(span[0])]);
    }
    return bands;
  };
  return {
    ...frame,
    axis,
    order,
    pitch,
    drawn,
    marks: Array.from(order, (unit, i) => ({ unit, x: frame.left + (i + 0.5) * pitch })),
    words: inputs.map(({ text, place, response }, i) => ({
      text,
      place,
      basis: boxes[i]!.basis,
      mean: Float32Array.from(order, (unit) => y(response.mean[unit]!)),
      inner: band(boxes[i]!.inner),
      outer: band(boxes[i]!.outer),
    })),
    y,
  };
}

/** Path data of a step line: flat over each column, upright between two. */
export function stepPath(mean: Float32Array, left: number, pitch: number): string {
  let d = '';
  mean.forEach((y, i) => {
    const from = (left + i * pitch).toFixed(2);
    const to = (left + (i + 1) * pitch).toFixed(2);
    d += `${i === 0 ? `M${from} ${y.toFixed(2)}` : `V${y.toFixed(2)}`}H${to}`;
  });
  return d;
}
