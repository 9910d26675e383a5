import { UNIT_FIELDS } from '../data/figures';
import type { UnitRow } from '../data/types';

/** A unit of which nothing was measured but `some`; its mean is 0. */
export function unitRow(unit: number, some: Partial<UnitRow> = {}): UnitRow {
  const nothing = Object.fromEntries(Object.values(UNIT_FIELDS).map((field) => [field, null]));
  return {
    ...(nothing as unknown as UnitRow),
    mean: 0,
    topWords: new Int32Array(),
    bottomWords: new Int32Array(),
    ...some,
    unit,
  };
}
