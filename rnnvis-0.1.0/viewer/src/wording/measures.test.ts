import { describe, expect, it } from 'vitest';
import { UNIT_MEASURES } from '../data/figures';
import type { UnitRow } from '../data/types';
import { unitRow } from '../testing/units';
import { alongStrip, measuresFor, ranked } from './measures';

const row = (unit: number, some: Partial<UnitRow>): UnitRow => unitRow(unit, { meanAbsolute: 0.1 * unit, ...some });
const rows = [row(0, { outputWeight: 0.2 }), row(1, { outputWeight: -3 }), row(2, { labelAuc: 0.1 })];
const names = { kind: 'h', cell: 'GRU', positive: 'positive' };

describe('measuresFor', () => {
  it('leaves out what no unit has', () => {
    expect(measuresFor(names, rows).map((measure) => measure.key)).toEqual([
      'meanAbsolute',
      'labelAuc',
      'outputWeight',
      'mean',
    ]);
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

describe('what was declared', () => {
  it('is shown in its order, without a word of it here', () => {
    const all = measuresFor(names, [row(0, Object.fromEntries(UNIT_MEASURES.map(({ column }) => [column, 0.5])))]);
    expect(all.map(({ key }) => key)).toEqual(
      UNIT_MEASURES.filter(({ table }) => table === 'units').map(({ key }) => key),
    );
    for (const { title, help, about } of all) expect([title, help, about(row(0, {}))].join(' ')).not.toMatch(/[{}]/);
    expect(all.find(({ key }) => key === 'timeScale')!.text(2.04)).toBe('2.0 words');
    expect(all.find(({ key }) => key === 'meanAbsolute')!.title).toBe('Typical size |h|');
    expect(all.find(({ key }) => key === 'meanAbsolute')!.about(row(0, { saturation: 0.25 }))).toBe(
      '25 % of steps saturated',
    );
  });
});

describe('what is told and missed', () => {
  const without = (increase: number, standardError: number | null): Partial<UnitRow> => ({
    without: { increase, standardError },
  });
  const missed = [
    row(0, without(0.01, 0.02)),
    row(1, without(0.004, 0.0004)),
    row(2, without(-0.006, 0.001)),
    row(3, without(0.002, null)),
  ];
  const measures = measuresFor(names, missed);
  const of = (key: string) => measures.find((measure) => measure.key === key)!;
  it('ranks clear effects before large ones, whichever way they go', () => {
    expect(ranked(missed, of('lossWithout')).map((r) => r.unit)).toEqual([0, 1, 3, 2]);
    expect(ranked(missed, of('lossCertainty')).map((r) => r.unit)).toEqual([1, 2, 0, 3]);
    expect(of('lossCertainty').about(missed[2]!)).toBe('number 2 of 3');
    expect(of('lossCertainty').about(missed[0]!)).toBe('number 3 of 3, may be noise');
  });
  it('counts the rise in standard errors, where both are known', () => {
    expect(of('lossCertainty').value(missed[2]!)).toBeCloseTo(-6);
    expect(of('lossCertainty').value(row(9, without(1, 0)))).toBeNull();
    expect(of('lossCertainty').value(row(9, {}))).toBeNull();
    expect(of('lossCertainty').text(-6)).toBe('−6.0 std. errors');
  });
  it('gives the error beside the loss', () => {
    expect(of('lossWithout').text(0.004)).toBe('+0.0040 nats');
    expect(of('lossWithout').error!(missed[1]!)).toBe(0.0004);
    expect(of('lossWithout').about(missed[3]!)).toBe('standard error not known');
  });
  it('has a measure for each feature that was measured', () => {
    const told = [
      row(0, { told: { part_of_speech: { bits: 1.25, shuffled: 0.015, highest: 'determiner', lowest: 'verb' } } }),
    ];
    const keys = measuresFor(names, told).map(({ key }) => key);
    expect(keys).toContain('speechBits');
    expect(keys).not.toContain('labelBits');
    expect(
      measuresFor(names, told)
        .find(({ key }) => key === 'speechBits')!
        .about(told[0]!),
    ).toBe('chance gives 0.015 bits');
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
