import { expect, test } from 'vitest';
import { agreement, ENOUGH, mean, pairedShares, share, summarise, withinNoise, type Judged } from './agreement';

const made = (right: boolean | null, loss: number): Judged => ({ right, loss });

test('the interval of a share is Wilson’s, as Newcombe (1998) prints it', () => {
  const of = share(81, 263)!;
  expect(of.value).toBeCloseTo(0.308, 3);
  expect(of.low).toBeCloseTo(0.2553, 4);
  expect(of.high).toBeCloseTo(0.3662, 4);
  // z² / (n + z²) = 3.841459 / 13.841459 where none, or all, of ten count.
  const [none, all] = [share(0, 10)!, share(10, 10)!];
  expect(none.low).toBe(0);
  expect(none.high).toBeCloseTo(0.277533, 5);
  expect(all.low).toBeCloseTo(0.722467, 5);
  expect(all.high).toBeCloseTo(1, 10);
  expect(share(0, 0)).toBeNull();
});

test('the difference of paired shares has half a sentence more in each cell', () => {
  // (14.5 − 11.5) / 232 ± 1.959964 / 232 · √(26 − 9 / 232)
  const of = pairedShares(14, 11, 230)!;
  expect(of.value).toBeCloseTo(3 / 230, 10);
  expect(of.low).toBeCloseTo(-0.030114, 5);
  expect(of.high).toBeCloseTo(0.055976, 5);
  expect(withinNoise(of)).toBe(true);
  // (9.5 − 1.5) / 22 ± 1.959964 / 22 · √(11 − 64 / 22) = 0.363636 ± 0.253410
  const clear = pairedShares(9, 1, 20)!;
  expect([clear.low, clear.high]).toEqual([expect.closeTo(0.110226, 5), expect.closeTo(0.617047, 5)]);
  expect(withinNoise(clear)).toBe(false);
  expect(pairedShares(5, 0, 5)!.high).toBe(1);
  expect(pairedShares(0, 0, 0)).toBeNull();
});

test('a mean has its normal interval, and none of few values', () => {
  const half = ENOUGH / 2;
  // Half zeros, half twos: mean 1, variance n / (n − 1).
  const of = mean([...Array<number>(half).fill(0), ...Array<number>(half).fill(2)])!;
  expect(of.value).toBe(1);
  expect(of.high - 1).toBeCloseTo(1.959964 / Math.sqrt(ENOUGH - 1), 6);
  const few = mean([1, 3])!;
  expect(few.value).toBe(2);
  expect([few.low, few.high]).toEqual([NaN, NaN]);
  expect(withinNoise(few)).toBeNull();
  expect(mean([])).toBeNull();
});

test('a summary counts only what is known', () => {
  const of = summarise([made(true, 0.5), made(false, 1.5), made(null, 4), made(null, NaN)]);
  expect([of.sentences, of.judged, of.measured]).toEqual([4, 2, 3]);
  expect(of.right!.value).toBe(0.5);
  expect(of.loss!.value).toBe(2);
  expect(summarise([]).right).toBeNull();
});

test('two models are compared over the sentences that both have', () => {
  const a = [made(true, 1), made(true, 2), made(false, 3), made(false, 4), made(true, NaN), made(null, 9)];
  const b = [made(true, 2), made(false, 2), made(true, 1), made(false, 1), made(null, 5), made(true, 1)];
  const of = agreement(a, b);
  expect([of.both, of.onlyA, of.onlyB, of.neither]).toEqual([1, 1, 1, 1]);
  expect([of.a.judged, of.b.judged]).toEqual([4, 4]);
  expect(of.a.right!.value).toBe(0.5);
  // Losses of five sentences: (1 + 2 + 3 + 4 + 9) / 5 and (2 + 2 + 1 + 1 + 1) / 5.
  expect([of.a.loss!.value, of.b.loss!.value]).toEqual([3.8, 1.4]);
  expect(of.loss!.value).toBeCloseTo(2.4, 10);
  expect(of.right!.value).toBe(0);
});
