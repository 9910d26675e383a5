import type { UnitRow } from '../../data/types';
import { fixed } from '../../wording/format';
import type { ListMeasure } from '../../wording/measures';

/** Whether it is a number. */
export function known(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** From the least to the largest value of a measure. */
export interface Span {
  low: number;
  high: number;
}

export interface Bins extends Span {
  /** Units in each bin, of all and of those shown. */
  all: Uint32Array;
  shown: Uint32Array;
}

/** Null where fewer than two values differ. */
export function spanOf(rows: readonly UnitRow[], measure: ListMeasure): Span | null {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    const value = measure.value(row);
    if (!known(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? { low, high } : null;
}

/** A measure in bins of equal width; null where fewer than two values differ. */
export function binsOf(
  rows: readonly UnitRow[],
  shown: readonly UnitRow[],
  measure: ListMeasure,
  bins = 24,
): Bins | null {
  const span = spanOf(rows, measure);
  if (!span) return null;
  const { low, high } = span;
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
export function boundText(value: number, { low, high }: Span, scale: number): string {
  return fixed(value * scale, digitsFor(low, high, scale));
}

/** Digits with which a thirtieth of a span of values is told apart. */
export function digitsFor(low: number, high: number, scale: number): number {
  return Math.max(0, Math.min(6, Math.ceil(-Math.log10(((high - low) * scale) / 30))));
}
