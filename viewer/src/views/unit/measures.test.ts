import { describe, expect, it } from 'vitest';
import type { UnitRow } from '../../data/types';
import { alongStrip, measuresFor, ranked } from './measures';

const row = (unit: number, some: Partial<UnitRow>): UnitRow => ({
  unit,
  outputWeight: null,
  mean: 0,
  meanAbsolute: 0.1 * unit,
  standardDeviation: 0.1,
  saturation: null,
  timeScale: null,
  gateKeep: null,
  gateTimeScale: null,
  gateSaturation: null,
  sparsity: null,
  labelAuc: null,
  topWords: new Int32Array(),
  bottomWords: new Int32Array(),
  ...some,
});
const rows = [row(0, { outputWeight: 0.2 }), row(1, { outputWeight: -3 }), row(2, { labelAuc: 0.1 })];
const names = { kind: 'h', cell: 'GRU', positive: 'positive' };

describe('measuresFor', () => {
  it('leaves out what no unit has', () => {
    expect(measuresFor(names, rows).map((measure) => measure.key)).toEqual(['meanAbsolute', 'labelAuc', 'outputWeight', 'mean']);
  });
  it('says which end of a telling unit means positive', () => {
    const auc = measuresFor(names, rows).find((measure) => measure.key === 'labelAuc')!;
    expect(auc.text(auc.value(rows[2]!)!)).toBe('90 %');
    expect(auc.about(rows[2]!)).toBe('AUC; a low value says positive');
  });
  it('names the gate of the cell', () => {
    const kept = [row(0, { gateKeep: 0.5 })];
    expect(measuresFor({ ...names, cell: 'LSTM' }, kept)[0]!.title).toBe('Forget gate keeps');
  });
});

describe('ranked', () => {
  it('sorts signed measures by size and puts unknown ones last', () => {
    const weight = measuresFor(names, rows).find((measure) => measure.key === 'outputWeight')!;
    expect(ranked(rows, weight).map((r) => r.unit)).toEqual([1, 0, 2]);
    expect(ranked([...rows].reverse(), null).map((r) => r.unit)).toEqual([0, 1, 2]);
  });
});

describe('alongStrip', () => {
  it('spans all units', () => {
    const strip = alongStrip(rows, measuresFor(names, rows)[0]!);
    expect([...strip.at]).toEqual([0, 0.5, 1]);
  });
});
