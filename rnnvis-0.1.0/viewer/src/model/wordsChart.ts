import { scaleLinear } from 'd3-scale';
import type { ComparedWord } from '../data/evidence';
import type { Quantiles, WordResponse } from '../data/types';
import { axisOver, extentOf, type Axis } from './axis';
import { columnUnits, columnWidths, middle, over, type Frame } from './columns';
import { descending } from './order';
import { boxesOf, type Basis } from './stepChart';

export interface WordInput {
  text: string;
  /** Place among the selected words, 0–2: its colour. */
  place: number;
  response: WordResponse;
  quantiles: Quantiles | null;
}

/** The selected words that were measured, each with its place, as the words chart takes them. */
export function wordInputs(compared: readonly ComparedWord[]): WordInput[] {
  return compared.flatMap(({ text, response, quantiles }, place) =>
    response ? [{ text, place, response, quantiles }] : [],
  );
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
  pitch: number;
  drawn: number;
  words: WordLine[];
  /** Columns: a unit each, or several, known by the middle one. */
  marks: { unit: number; units: Int32Array; x: number }[];
  y: (value: number) => number;
}

/** Up to three words over the same units, sorted by the first word's mean response. */
export function wordsChart(inputs: readonly WordInput[], frame: Frame): WordsChart {
  const shared = columnUnits(descending(inputs[0]?.response.mean ?? []), frame);
  const { pitch, drawn } = columnWidths(shared.length, frame);
  const boxes = inputs.map(({ response, quantiles }) => boxesOf(response, quantiles));
  const lines = inputs.map(({ response }, i) => ({
    mean: shared.map(over(response.mean)),
    inner: shared.map(boxes[i]!.inner).filter((span) => span !== null),
    outer: shared.map(boxes[i]!.outer).filter((span) => span !== null),
  }));
  const spans = lines.flatMap(({ mean, inner, outer }) => [mean, inner.flat(), outer.flat()]);
  const [low, high] = extentOf(...spans, [0]) ?? [-1, 1];
  const axis = axisOver(low, high, 5);
  const y = scaleLinear([axis.low, axis.high], [frame.bottom, frame.top]);
  const band = (values: [number, number][]): [number, number][] => values.map(([from, to]) => [y(to), y(from)]);
  return {
    ...frame,
    axis,
    pitch,
    drawn,
    marks: shared.map((units, i) => ({ unit: middle(units), units, x: frame.left + (i + 0.5) * pitch })),
    words: inputs.map(({ text, place }, i) => ({
      text,
      place,
      basis: boxes[i]!.basis,
      mean: Float32Array.from(lines[i]!.mean, (value) => y(value)),
      inner: band(lines[i]!.inner),
      outer: band(lines[i]!.outer),
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
