import { describe, expect, it } from 'vitest';
import type { Clustering } from '../data/types';
import { chipGates, gateOfUnit, gatesTable, gateTitle } from './gates';

/** Two steps of three units; unit 1 is alone in chip 1, units 0 and 2 are chip 2. */
const gates = {
  reset: Float32Array.from([0.5, 0.25, 0.75, 1, 0, 0.5]),
  update: Float32Array.from([0, 1, 0.5, 0.25, 0.75, 0.75]),
};
const clustering = {
  units: { ids: Int32Array.from([0, 1, 2]), labels: Uint8Array.from([4, 7, 4]), order: [7, 4], summaries: [] },
} as unknown as Clustering;

describe('gates along a sentence', () => {
  it('are those of a unit, a step each', () => {
    expect([...gateOfUnit(gates.reset, 3, 2)]).toEqual([0.75, 0.5]);
    expect(gateTitle('update')).toBe('Update gate');
  });

  it('are the mean over the units of a chip at a step', () => {
    expect(chipGates(gates, 1, 3, clustering)).toEqual([
      { number: 1, units: 1, means: { reset: 0, update: 0.75 } },
      { number: 2, units: 2, means: { reset: 0.75, update: 0.5 } },
    ]);
  });

  it('stand in a table, a column a unit and gate', () => {
    const { columns, rows } = gatesTable(gates, ['not', 'bad'], 3, [2, 0]);
    expect(columns.map(({ name }) => name)).toEqual(['word', 'reset 2', 'update 2', 'reset 0', 'update 0']);
    expect(rows).toEqual([
      ['not', 0.75, 0.5, 0.5, 0],
      ['bad', 0.5, 0.75, 1, 0.25],
    ]);
  });
});
