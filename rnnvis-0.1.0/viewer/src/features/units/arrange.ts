import type { UnitRow } from '../../data/types';
import type { MeasureRange, SortKey } from '../../state/unitList';
import type { Column } from './columns';
import { known } from './span';

export interface Arrangement {
  sort: SortKey;
  descending: boolean;
  ranges: readonly MeasureRange[];
  chip: number | null;
  /** Words that a unit must be moved by; null for any. */
  found: ReadonlySet<number> | null;
}

/** Numbers of the words that hold `typed`, without regard to case; null where nothing was typed. */
export function wordsWith(text: readonly string[], typed: string): Set<number> | null {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return null;
  const found = new Set<number>();
  text.forEach((word, id) => {
    if (word.toLowerCase().includes(wanted)) found.add(id);
  });
  return found;
}

/** The units that pass every filter, in the order asked for; those without the measure come last both ways. */
export function arrange(
  rows: readonly UnitRow[],
  how: Arrangement,
  { columns, chips }: { columns: readonly Column[]; chips: ReadonlyMap<number, number> },
): UnitRow[] {
  const ranges = how.ranges.flatMap(({ key, low, high }) => {
    const measure = columns.find((candidate) => candidate.key === key)?.measure;
    return measure ? [{ value: measure.value, low: low ?? -Infinity, high: high ?? Infinity }] : [];
  });
  const passes = (row: UnitRow): boolean => {
    if (how.chip !== null && chips.get(row.unit) !== how.chip) return false;
    for (const { value, low, high } of ranges) {
      const own = value(row);
      if (!known(own) || own < low || own > high) return false;
    }
    return (
      how.found === null ||
      row.topWords.some((id) => how.found!.has(id)) ||
      row.bottomWords.some((id) => how.found!.has(id))
    );
  };
  const order = columns.find(({ key }) => key === how.sort)?.order;
  const keyed = rows.filter(passes).map((row) => ({ row, key: order?.(row) }));
  const sign = how.descending ? -1 : 1;
  const missing = (key: unknown): boolean => !known(key) && !(typeof key === 'string' && key);
  keyed.sort((a, b) => {
    if (missing(a.key) || missing(b.key))
      return Number(missing(a.key)) - Number(missing(b.key)) || a.row.unit - b.row.unit;
    return sign * compare(a.key!, b.key!) || a.row.unit - b.row.unit;
  });
  return keyed.map(({ row }) => row);
}

const collator = new Intl.Collator('en');

function compare(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
}

/** The ranges with one of them replaced, or taken out where both ends are open. */
export function withRange(ranges: readonly MeasureRange[], range: MeasureRange): MeasureRange[] {
  const others = ranges.filter(({ key }) => key !== range.key);
  return range.low === null && range.high === null ? others : [...others, range];
}
