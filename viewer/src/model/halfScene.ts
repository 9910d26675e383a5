import type { Clustering, StateSequence } from '../data/types';
import { unitClusters, unitLabels } from './groups';
import { turned, type Flow, type HalfScene } from './half';
import type { Columns, SequenceColumn } from './layout';
import { largest } from './scale';
import { numbersOf } from './scene';
import { sequenceScene } from './sequenceScene';
import type { PictureData } from './pictureData';

/** Published states are rounded; what was handed over unchanged differs by no more than this share of its largest unit. */
const ROUNDED = 0.02;

/**
 * The state [units] that an encoder ends in, where its decoder starts from the same, unit by unit; null where anything
 * stands between the two, or the states are not published.
 */
export function handedOver(encoder: StateSequence | null, decoder: StateSequence | null): Float32Array | null {
  if (!encoder?.length || !decoder || encoder.units !== decoder.units) return null;
  const { units, values, reversed } = encoder;
  const ended = reversed ? values.subarray(0, units) : values.subarray(values.length - units);
  const apart = ended.map((value, unit) => value - decoder.initial[unit]!);
  return largest(apart) <= ROUNDED * largest(ended) && largest(ended) > 0 ? ended : null;
}

/** Flows by chips of the encoder, then of the decoder; the chip through which most goes is as wide as a bar. */
export function layFlows(
  state: Float32Array,
  encoder: Clustering,
  decoder: Clustering,
  { glyphX, pitch, bar }: Pick<SequenceColumn, 'glyphX' | 'pitch' | 'bar'>,
): Flow[] {
  const [upper, lower] = [encoder, decoder].map((one) => unitLabels(one, state.length)) as [Int16Array, Int16Array];
  const across = unitClusters(decoder);
  const amounts = new Float64Array(unitClusters(encoder) * across);
  const units = new Int32Array(amounts.length);
  state.forEach((value, unit) => {
    if (upper[unit]! < 0 || lower[unit]! < 0) return;
    const i = upper[unit]! * across + lower[unit]!;
    amounts[i]! += Math.abs(value);
    units[i]! += 1;
  });
  const flows = encoder.units.order.flatMap((from) =>
    decoder.units.order.map((to): Flow => {
      const i = from * across + to;
      return { from, to, units: units[i]!, amount: amounts[i]!, width: 0, strong: false, x0: 0, x1: 0 };
    }),
  );
  const through = (key: 'from' | 'to', order: readonly number[]): Flow[][] =>
    order.map((cluster) => flows.filter((flow) => flow[key] === cluster));
  const ends = [through('from', encoder.units.order), through('to', decoder.units.order)] as const;
  const sum = (list: readonly Flow[], of: 'amount' | 'width'): number => list.reduce((all, one) => all + one[of], 0);
  const most = Math.max(...ends.flat().map((list) => sum(list, 'amount'))) || 1;
  for (const flow of flows) flow.width = (flow.amount / most) * bar;
  (['x0', 'x1'] as const).forEach((end, side) =>
    ends[side]!.forEach((list, i) => {
      let x = glyphX + i * pitch + (bar - sum(list, 'width')) / 2;
      for (const flow of list) {
        flow[end] = x + flow.width / 2;
        x += flow.width;
      }
    }),
  );
  const total = sum(flows, 'amount');
  let carried = 0;
  for (const flow of [...flows].sort((a, b) => b.amount - a.amount)) {
    flow.strong = carried < total / 2;
    carried += flow.amount;
  }
  return flows.filter(({ units: many }) => many > 0);
}

/** The other one of an encoder and its decoder, with what goes from chip to chip. */
export function halfScene(data: PictureData, layout: Columns): HalfScene | null {
  const { half, clustering } = data;
  const column = layout.half;
  if (!half || !column || !data.sentence) return null;
  const sequence = sequenceScene(turned(data, half), { ...layout, sequence: column });
  if (!sequence) return null;
  const [read, said] = half.above ? [half, data] : [data, half];
  const state = handedOver(read.sequence, said.sequence);
  return {
    above: half.above,
    sequence,
    numbers: numbersOf(half.clustering),
    flows: state && half.clustering && clustering ? layFlows(state, read.clustering!, said.clustering!, column) : null,
    top: read.sentence!.tokens.length * column.rowPitch,
  };
}
