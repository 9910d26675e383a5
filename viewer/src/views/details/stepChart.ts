import { scaleLinear } from 'd3-scale';
import type { Quantiles, WordResponse } from '../../data/types';
import { axisOver, extentOf, type Axis } from '../chart/axis';
import { descending } from './order';

/** What the boxes of a word stand for: its quantiles or, for a rarer word, the mean with two standard errors. */
export type Basis = 'quantiles' | 'standard error' | 'none';

/** One unit of the chart: its column and, in data units, its boxes and this step's change. */
export interface StepMark {
  unit: number;
  x: number;
  outer: [number, number] | null;
  inner: [number, number] | null;
  actual: number;
  /** Change at the step of a second sentence; null without one. */
  other: number | null;
  usual: number | null;
}

export interface StepChart {
  basis: Basis;
  axis: Axis;
  marks: StepMark[];
  /** Width of a box in pixels, and radius of a dot. */
  box: number;
  radius: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  y: (value: number) => number;
}

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Widths of `n` equal columns: the pitch, and the part of it that is drawn. */
export function columns(n: number, frame: Frame): { pitch: number; drawn: number } {
  const pitch = (frame.right - frame.left) / Math.max(1, n);
  return { pitch, drawn: pitch > 3 ? pitch - 1 : pitch };
}

/** Boxes of a word over its units: inner 25–75 and outer 9–91, else mean ± 2 standard errors. */
export function boxesOf(
  response: WordResponse | null,
  quantiles: Quantiles | null,
): { basis: Basis; inner: (unit: number) => [number, number] | null; outer: (unit: number) => [number, number] | null } {
  const none = (): null => null;
  if (quantiles)
    return {
      basis: 'quantiles',
      inner: (unit) => [quantiles.q25[unit]!, quantiles.q75[unit]!],
      outer: (unit) => [quantiles.q09[unit]!, quantiles.q91[unit]!],
    };
  if (response?.standardError) {
    const { mean, standardError } = response;
    return {
      basis: 'standard error',
      inner: (unit) => [mean[unit]! - 2 * standardError[unit]!, mean[unit]! + 2 * standardError[unit]!],
      outer: none,
    };
  }
  return { basis: 'none', inner: none, outer: none };
}

/** Actual change of each unit at a step over the usual change at its word, units in order of the usual change. */
export function stepChart(
  actual: Float32Array,
  response: WordResponse | null,
  quantiles: Quantiles | null,
  frame: Frame,
  other: Float32Array | null = null,
): StepChart {
  const boxes = boxesOf(response, quantiles);
  const order = descending(response?.mean ?? actual);
  const { pitch, drawn } = columns(order.length, frame);
  const marks = Array.from(order, (unit, i): StepMark => ({
    unit,
    x: frame.left + (i + 0.5) * pitch,
    outer: boxes.outer(unit),
    inner: boxes.inner(unit),
    actual: actual[unit]!,
    other: other ? other[unit]! : null,
    usual: response ? response.mean[unit]! : null,
  }));
  const spans = marks.flatMap((mark) => [...(mark.outer ?? []), ...(mark.inner ?? [])]);
  const [low, high] = extentOf(actual, other, spans, [0]) ?? [-1, 1];
  const axis = axisOver(low, high, 4);
  return {
    basis: boxes.basis,
    axis,
    marks,
    box: drawn,
    radius: Math.max(1, Math.min(2.2, pitch / 2)),
    ...frame,
    y: scaleLinear([axis.low, axis.high], [frame.bottom, frame.top]),
  };
}

/** The mark whose column holds `x`, or null outside the frame. */
export function markAt<Mark extends { x: number }>(chart: { marks: Mark[]; left: number; right: number }, x: number): Mark | null {
  if (x < chart.left || x > chart.right || chart.marks.length === 0) return null;
  const i = Math.floor(((x - chart.left) / (chart.right - chart.left)) * chart.marks.length);
  return chart.marks[Math.min(i, chart.marks.length - 1)]!;
}
