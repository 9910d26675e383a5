import type { UnitRow } from '../../data/types';
import type { MeasureRange, SortKey } from '../../state/unitList';
import { fixed } from '../../wording/format';
import type { ListMeasure } from '../../wording/measures';

export interface Arrangement {
  sort: SortKey;
  descending: boolean;
  ranges: readonly MeasureRange[];
  chip: number | null;
  /** Words that a unit must be moved by; null for any. */
  found: ReadonlySet<number> | null;
}

export interface Known {
  measures: readonly ListMeasure[];
  /** Drawn number of each unit's chip. */
  chips: ReadonlyMap<number, number>;
  /** Words by number. */
  text: readonly string[];
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

function known(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** The units that pass every filter, in the order asked for; those without the measure come last both ways. */
export function arrange(rows: readonly UnitRow[], how: Arrangement, { measures, chips, text }: Known): UnitRow[] {
  const ranges = how.ranges.flatMap(({ key, low, high }) => {
    const measure = measures.find((candidate) => candidate.key === key);
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
  const kept = rows.filter(passes);
  const sign = how.descending ? -1 : 1;
  if (how.sort === 'rising' || how.sort === 'falling') {
    const collator = new Intl.Collator('en');
    const word = (row: UnitRow): string =>
      text[(how.sort === 'rising' ? row.topWords : row.bottomWords)[0] ?? -1] ?? '';
    const byWord = (a: string, b: string): number => (a && b ? sign * collator.compare(a, b) : Number(!a) - Number(!b));
    return kept.sort((a, b) => byWord(word(a), word(b)) || a.unit - b.unit);
  }
  const measure = measures.find(({ key }) => key === how.sort);
  const of = (row: UnitRow): number | null | undefined => {
    if (how.sort === 'unit') return row.unit;
    if (how.sort === 'chip') return chips.get(row.unit);
    const value = measure?.value(row);
    // A word moves units either way: what counts is how much.
    return how.sort === 'moved' && known(value) ? Math.abs(value) : value;
  };
  const keyed = kept.map((row) => ({ row, key: of(row) }));
  keyed.sort((a, b) => {
    if (!known(a.key) || !known(b.key)) return Number(!known(a.key)) - Number(!known(b.key)) || a.row.unit - b.row.unit;
    return sign * (a.key - b.key) || a.row.unit - b.row.unit;
  });
  return keyed.map(({ row }) => row);
}

export interface Bins {
  low: number;
  high: number;
  /** Units in each bin, of all and of those shown. */
  all: Uint32Array;
  shown: Uint32Array;
}

/** A measure in bins of equal width; null where fewer than two values differ. */
export function binsOf(
  rows: readonly UnitRow[],
  shown: readonly UnitRow[],
  measure: ListMeasure,
  bins = 24,
): Bins | null {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    const value = measure.value(row);
    if (!known(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) return null;
  const counted = (some: readonly UnitRow[]): Uint32Array => {
    const counts = new Uint32Array(bins);
    for (const row of some) {
      const value = measure.value(row);
      if (known(value)) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]! += 1;
    }
    return counts;
  };
  return { low, high, all: counted(rows), shown: counted(shown) };
}

/** A bound as people write it, in the measure's own unit; undefined where it is no number, null where it is empty. */
export function readBound(typed: string, scale: number): number | null | undefined {
  const text = typed.trim().replace(/\s*%$/, '').replace('\u2212', '-').replace(/^\+/, '').replace(',', '.');
  if (text === '') return null;
  return /^-?\d{0,9}(\.\d{0,9})?$/.test(text) && /\d/.test(text) ? Number(text) / scale : undefined;
}

/** A bound as the field for it shows it, in the measure's own unit. */
export function boundText(value: number, { low, high }: Bins, scale: number): string {
  return fixed(value * scale, digitsFor(low, high, scale));
}

/** Digits with which a thirtieth of a span of values is told apart. */
export function digitsFor(low: number, high: number, scale: number): number {
  return Math.max(0, Math.min(6, Math.ceil(-Math.log10(((high - low) * scale) / 30))));
}

/** The ranges with one of them replaced, or taken out where both ends are open. */
export function withRange(ranges: readonly MeasureRange[], range: MeasureRange): MeasureRange[] {
  const others = ranges.filter(({ key }) => key !== range.key);
  return range.low === null && range.high === null ? others : [...others, range];
}
