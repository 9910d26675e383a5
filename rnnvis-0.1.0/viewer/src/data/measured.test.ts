import { describe, expect, it } from 'vitest';
import { chipEffects, measuredUnits, spokenFor } from './measured';
import type { Source } from './source';
import type { StateEntry, UnitRow } from './types';

type Row = Record<string, unknown>;

/** A source whose tables are these rows; a table given as an error cannot be read. */
function sourceOf(tables: Record<string, Row[] | Error>): Source {
  return {
    units: async () => [{ unit: 0 }, { unit: 1 }] as UnitRow[],
    table: (_: unknown, name: string) => {
      const rows = tables[name];
      if (!rows) return null;
      const read = (keys: Row): Promise<Row[]> =>
        rows instanceof Error
          ? Promise.reject(rows)
          : Promise.resolve(rows.filter((row) => Object.entries(keys).every(([key, value]) => row[key] === value)));
      return { where: read, all: () => read({}) };
    },
  } as unknown as Source;
}

const state = {} as StateEntry;

describe('measuredUnits', () => {
  const selectivity = [
    { unit: 1, feature: 'label', bits: 0.4, shuffled: 0.01, highest: 'positive', lowest: 'negative' },
    { unit: 1, feature: 'colour', bits: 0.4, shuffled: 0.01, highest: '', lowest: '' },
  ];
  it('joins what was published', async () => {
    const source = sourceOf({ selectivity, unit_ablation: [{ unit: 0, increase: 0.1, standard_error: null }] });
    const [first, second] = await measuredUnits(source, state, () => expect.unreachable());
    expect(first).toMatchObject({ told: {}, without: { increase: 0.1, standardError: null } });
    expect(second).toMatchObject({ told: { label: { bits: 0.4, highest: 'positive' } }, without: null });
    expect(Object.keys(second!.told!)).toEqual(['label']);
  });
  it('shows the rest where a table is damaged, and says so', async () => {
    const failed: unknown[] = [];
    const rows = await measuredUnits(sourceOf({ selectivity, unit_ablation: new Error('damaged') }), state, (error) =>
      failed.push(error),
    );
    expect(rows[1]!.told?.label?.bits).toBe(0.4);
    expect(failed).toHaveLength(1);
  });
});

describe('chipEffects', () => {
  const row = {
    method: 'block',
    selection: 'reliable',
    cluster: 0,
    subject: 'all',
    value: -1,
    count: 3,
    increase: 0.1,
    standard_error: 0.2,
    random: null,
    random_spread: null,
  };
  const source = sourceOf({
    cluster_ablation: [
      { ...row, k: 2 },
      { ...row, k: 4 },
      { ...row, k: 4, subject: 'weather' },
    ],
  });
  const by = { method: 'block', selection: 'reliable', k: 4 };
  it('reads one co-clustering, and what it does not know it leaves out', async () => {
    const found = await chipEffects(source, state, by);
    expect(found?.rows).toMatchObject([{ subject: 'all', standardError: 0.2, random: null }]);
  });
  it('knows up to how many clusters there would be some', async () => {
    expect(await chipEffects(source, state, { ...by, k: 9 })).toEqual({ rows: [], largest: 4 });
    expect(await chipEffects(source, state, { ...by, method: 'spectral' })).toEqual({ rows: [], largest: 0 });
    expect(await chipEffects(sourceOf({}), state, by)).toBeNull();
  });
});

describe('spokenFor', () => {
  it('is null where no language model reads the state', async () => {
    const units = [
      { unit: 0, raises_next: [3, 4], lowers_next: [5] },
      { unit: 1, raises_next: null, lowers_next: null },
    ];
    expect(await spokenFor(sourceOf({ units }), state, 0)).toEqual({
      unit: 0,
      raises: Int32Array.of(3, 4),
      lowers: Int32Array.of(5),
    });
    expect(await spokenFor(sourceOf({ units }), state, 1)).toBeNull();
  });
});
