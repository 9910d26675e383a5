/** Numbers as people read them: a true minus, a sign where the sign is the point, thousands apart. */

const MINUS = '\u2212';

/** `−0.37`, `0.37`, `0.00`: never a negative zero. */
export function fixed(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** `+0.37`, `−0.37`, `0.00`. */
export function signed(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return '–';
  const text = fixed(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** A value of any size in so many digits that count: `0.0123`, `−4.1`, `20,300`. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  const text = Math.abs(Number(value.toPrecision(digits))).toLocaleString('en-US', {
    maximumSignificantDigits: digits,
  });
  return value < 0 && text !== '0' ? MINUS + text : text;
}

/** An axis tick: signed, but a plain 0. */
export function tick(value: number, digits: number): string {
  return value === 0 ? '0' : signed(value, digits);
}

/** A share of one as `77 %`; small shares keep a decimal. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = 100 * share;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

/** −1, 0 or 1 of a number as it is written: what rounds to 0.00 has no sign, and no colour. */
export function signOf(value: number, digits = 2): -1 | 0 | 1 {
  const written = Number(value.toFixed(digits));
  return written > 0 ? 1 : written < 0 ? -1 : 0;
}

/** `277,457`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `one use`, `12 uses`. */
export function uses(n: number): string {
  return n === 1 ? 'one use' : `${count(n)} uses`;
}

const SMALL = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** A small whole number in words. */
export function inWords(n: number): string {
  return SMALL[n] ?? count(n);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], last = 'and'): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} ${last} ${items[items.length - 1]!}`;
}

/** An amount of data: `812 kB`, `1.2 MB`. */
export function bytes(amount: number): string {
  const kilo = amount / 1000;
  return kilo < 1000 ? `${Math.round(kilo).toLocaleString('en')} kB` : `${(kilo / 1000).toFixed(1)} MB`;
}

/** Decimals with which an error shows one digit that counts; six at most. */
export function errorDigits(error: number): number {
  return error > 0 ? Math.max(0, Math.min(6, Math.ceil(-Math.log10(error)))) : 0;
}

/** A standard error with one digit that counts at least: `± 0.12`, `± 0.003`, never `± 0.00`. */
export function plusMinus(error: number, digits = 2): string {
  if (!(error > 0)) return '';
  return error < 1e-6 ? '± < 0.000001' : `± ${error.toFixed(Math.max(digits, errorDigits(error)))}`;
}

/** A correlation: `0.98`, and what is rounded up to it is never said to be 1. */
export function correlation(r: number): string {
  return r > 0.999 && r < 1 ? '> 0.999' : fixed(r, 3);
}

/** How far a step stands from the usual ones of its word, by the percentile among them. */
export function surpriseText(percentile: number): string {
  if (percentile >= 95) return 'Very unusual';
  return percentile >= 75 ? 'Unusual' : 'Ordinary';
}

/** `ordinary: farther from the usual than 52 % of its uses`. */
export function surpriseSentence(percentile: number): string {
  return `${surpriseText(percentile).toLowerCase()}: farther from the usual than ${Math.floor(percentile)} % of its uses`;
}
