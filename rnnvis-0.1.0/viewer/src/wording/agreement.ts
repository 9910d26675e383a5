/** Shares right and mean losses, with their intervals, in words. */

import { withinNoise, type Agreement, type Interval, type Summary } from '../model/agreement';
import { count, fixed, signed } from './format';

const known = ({ low }: Interval): boolean => !Number.isNaN(low);

/** `76.5 %`. */
export function shareText({ value }: Interval): string {
  return `${fixed(100 * value, 1)} %`;
}

/** `70.6 to 81.5 %`; empty where no interval is known. */
export function shareRange(of: Interval): string {
  return known(of) ? `${fixed(100 * of.low, 1)} to ${fixed(100 * of.high, 1)} %` : '';
}

/** `0.512`. */
export function lossText({ value }: Interval): string {
  return fixed(value, 3);
}

export function lossRange(of: Interval): string {
  return known(of) ? `${fixed(of.low, 3)} to ${fixed(of.high, 3)}` : '';
}

/** `+1.3 points`, and from where to where it lies. */
export function shareDifference({ value }: Interval): string {
  return `${signed(100 * value, 1)} points`;
}

export function shareDifferenceRange({ low, high }: Interval): string {
  return `${signed(100 * low, 1)} to ${signed(100 * high, 1)}`;
}

export function lossDifferenceRange(of: Interval): string {
  return known(of) ? `${signed(of.low, 3)} to ${signed(of.high, 3)}` : '';
}

/** What a model made of a list, in one line; null where nothing is known of any of them. `labelled` says what right is measured by. */
export function summaryText({ right, judged, loss, measured }: Summary): string | null {
  const parts: string[] = [];
  if (right) parts.push(`${shareText(right)} right of ${count(judged)} with a label (95 %: ${shareRange(right)})`);
  if (loss) {
    const range = lossRange(loss);
    const of = right && measured === judged ? '' : ` of ${count(measured)}`;
    parts.push(`mean loss ${lossText(loss)}${of}${range && ` (${range})`}`);
  }
  return parts.length ? parts.join(', ') : null;
}

/** Whether two models differ on a list, by share right and by mean loss; null where neither can be said. */
export function verdictOfDifference({ right, loss }: Agreement, names: { a: string; b: string }): string | null {
  const of = (interval: Interval | null, what: string, more: 'a' | 'b'): string | null => {
    if (!interval) return null;
    const noise = withinNoise(interval);
    if (noise === null) return `${what}: too few sentences to say whether the difference is noise.`;
    if (noise) return `${what}: the difference is within noise.`;
    const better = interval.value > 0 ? more : more === 'a' ? 'b' : 'a';
    return `${what}: ${names[better]} does better, by more than noise.`;
  };
  const said = [of(right, 'Share right', 'a'), of(loss, 'Mean loss', 'b')].filter(Boolean);
  return said.join(' ') || null;
}
