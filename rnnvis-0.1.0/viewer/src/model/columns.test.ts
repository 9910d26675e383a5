import { describe, expect, it } from 'vitest';
import { columnName, columnUnits, middle, over } from './columns';
import { descending } from './order';
import { stepChart } from './stepChart';

const frame = { left: 40, right: 340, top: 10, bottom: 110 };
const N = 100_000;
const values = Float32Array.from({ length: N }, (_, unit) => Math.sin(unit * 1.7));

describe('columnUnits', () => {
  it('gives each unit a column while there is room', () => {
    expect(columnUnits(Int32Array.of(2, 0, 1), frame).map((units) => [...units])).toEqual([[2], [0], [1]]);
    expect(columnUnits(new Int32Array(0), frame)).toEqual([]);
  });

  it('shares columns between neighbours in the order, each unit in just one', () => {
    const order = descending(values);
    const shared = columnUnits(order, frame);
    expect(shared).toHaveLength(600);
    expect(shared.flatMap((units) => [...units])).toEqual([...order]);
    const sizes = shared.map((units) => units.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });
});

describe('a chart of very many units', () => {
  it('draws means over the units of a column', () => {
    const usual = values.map((value) => value / 2);
    const response = { wordId: 0, count: 9, reliability: 1, norm: 1, mean: usual, standardError: usual.map(() => 0.1) };
    const chart = stepChart(values, response, null, frame);
    expect(chart.units).toBe(N);
    expect(chart.marks).toHaveLength(600);
    const mark = chart.marks[77]!;
    let sum = 0;
    for (const unit of mark.units) sum += values[unit]!;
    expect(mark.actual).toBeCloseTo(sum / mark.units.length, 6);
    expect(mark.usual).toBeCloseTo(sum / mark.units.length / 2, 6);
    expect(mark.inner![1] - mark.inner![0]).toBeCloseTo(0.4, 6);
    expect(mark.unit).toBe(middle(mark.units));
  });

  it('says how many units a column stands for', () => {
    expect(columnName(Int32Array.of(7), 2)).toBe('Unit 7, in chip 2');
    expect(columnName(Int32Array.of(7, 8, 9), 2)).toBe('Mean of 3 units around unit 8');
    expect(over(Float32Array.of(1, 2, 6))(Int32Array.of(0, 2))).toBe(3.5);
  });
});
