import { scaleLinear } from 'd3-scale';
import type { Quantiles, WordResponse } from '../data/types';
import { axisOver, extentOf, type Axis } from './axis';
import { columnUnits, columnWidths, middle, over, type Frame } from './columns';
import { descending } from './order';

/** What the boxes of a word stand for: its quantiles or, for a rarer word, the mean with two standard errors. */
export type Basis = 'quantiles' | 'standard error' | 'none';

/** One column of the chart and, in data units, its boxes and this step's change: a unit's, or means over several. */
export interface StepMark {
  /** The unit, or the middle one of several. */
  unit: number;
  units: Int32Array;
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
  /** Units in all. */
  units: number;
  /** Width of a box in pixels, and radius of a dot. */
  box: number;
  radius: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  y: (value: number) => number;
}

type Box = (units: Int32Array) => [number, number] | null;

/** Boxes of a word over columns of units: inner 25–75 and outer 9–91, else mean ± 2 standard errors. */
export function boxesOf(
  response: WordResponse | null,
  quantiles: Quantiles | null,
): { basis: Basis; inner: Box; outer: Box } {
  const none = (): null => null;
  if (quantiles) {
    const [q09, q25, q75, q91] = [over(quantiles.q09), over(quantiles.q25), over(quantiles.q75), over(quantiles.q91)];
    return {
      basis: 'quantiles',
      inner: (units) => [q25(units), q75(units)],
      outer: (units) => [q09(units), q91(units)],
    };
  }
  if (response?.standardError) {
    const [mean, error] = [over(response.mean), over(response.standardError)];
    return {
      basis: 'standard error',
      inner: (units) => [mean(units) - 2 * error(units), mean(units) + 2 * error(units)],
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
  const shared = columnUnits(order, frame);
  const { pitch, drawn } = columnWidths(shared.length, frame);
  const changed = over(actual);
  const changed2 = other && over(other);
  const usual = response && over(response.mean);
  const marks = shared.map((units, i): StepMark => ({
    unit: middle(units),
    units,
    x: frame.left + (i + 0.5) * pitch,
    outer: boxes.outer(units),
    inner: boxes.inner(units),
    actual: changed(units),
    other: changed2 && changed2(units),
    usual: usual && usual(units),
  }));
  const spans = marks.flatMap((mark) => [mark.actual, mark.other ?? 0, ...(mark.outer ?? []), ...(mark.inner ?? [])]);
  const [low, high] = extentOf(spans, [0]) ?? [-1, 1];
  const axis = axisOver(low, high, 4);
  return {
    basis: boxes.basis,
    axis,
    marks,
    units: order.length,
    box: drawn,
    radius: Math.max(1, Math.min(2.2, pitch / 2)),
    ...frame,
    y: scaleLinear([axis.low, axis.high], [frame.bottom, frame.top]),
  };
}

/** The mark whose column holds `x`, or null outside the frame. */
export function markAt<Mark extends { x: number }>(
  chart: { marks: Mark[]; left: number; right: number },
  x: number,
): Mark | null {
  if (x < chart.left || x > chart.right || chart.marks.length === 0) return null;
  const i = Math.floor(((x - chart.left) / (chart.right - chart.left)) * chart.marks.length);
  return chart.marks[Math.min(i, chart.marks.length - 1)]!;
}
