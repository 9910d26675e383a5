import { expect, test } from 'vitest';
import { agreement, pairedShares, share, summarise, type Judged } from '../model/agreement';
import { shareDifference, shareDifferenceRange, shareRange, summaryText, verdictOfDifference } from './agreement';

const NAMES = { a: 'GRU', b: 'LSTM' };
const made = (right: boolean | null, loss = NaN): Judged => ({ right, loss });
const many = (n: number, of: Judged): Judged[] => Array<Judged>(n).fill(of);

test('shares are given in per cent and their differences in points', () => {
  expect(shareRange(share(176, 230)!)).toBe('70.6 to 81.5 %');
  const apart = pairedShares(14, 11, 230)!;
  expect([shareDifference(apart), shareDifferenceRange(apart)]).toEqual(['+1.3 points', '−3.0 to +5.6']);
});

test('a list is told with what is known of it', () => {
  expect(summaryText(summarise([made(true, 0.5), made(false, 1.5), made(null, 4)]))).toBe(
    '50.0 % right of 2 with a label (95 %: 9.5 to 90.5 %), mean loss 2.000 of 3',
  );
  expect(summaryText(summarise([made(null, 4)]))).toBe('mean loss 4.000 of 1');
  expect(summaryText(summarise([made(null)]))).toBeNull();
});

test('a difference within noise is called that, and a clear one names the better', () => {
  const even = agreement(
    [...many(14, made(true)), ...many(11, made(false)), ...many(162, made(true))],
    [...many(14, made(false)), ...many(11, made(true)), ...many(162, made(true))],
  );
  expect(verdictOfDifference(even, NAMES)).toBe('Share right: the difference is within noise.');
  const clear = agreement(many(40, made(false)), many(40, made(true)));
  expect(verdictOfDifference(clear, NAMES)).toBe('Share right: LSTM does better, by more than noise.');
  const losses = agreement(many(40, made(true, 1)), many(40, made(true, 2)));
  expect(verdictOfDifference(losses, NAMES)).toBe(
    'Share right: the difference is within noise. Mean loss: GRU does better, by more than noise.',
  );
  expect(verdictOfDifference(agreement([made(null, 1)], [made(null, 2)]), NAMES)).toContain('too few');
  expect(verdictOfDifference(agreement([made(null)], [made(null)]), NAMES)).toBeNull();
});
