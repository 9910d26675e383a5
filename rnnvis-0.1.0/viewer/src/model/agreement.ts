/** Of two models over the same sentences, or of one: share right, mean loss, and how sure both are. Formulas: site/methods.md. */

/** Quantile of the normal distribution for 95 % on both sides. */
const Z = 1.959964;
/** A normal interval of a mean loss is given from so many sentences on: below, the loss is too skewed for it. */
export const ENOUGH = 30;

export interface Interval {
  value: number;
  low: number;
  high: number;
}

/** Wilson's score interval of the share `count` of `of`; null of none. */
export function share(count: number, of: number): Interval | null {
  if (of <= 0) return null;
  const p = count / of;
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * of)) / (1 + z2 / of);
  const half = (Z / (1 + z2 / of)) * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * The difference of two shares over the same `of` sentences, of which `onlyA` count for A alone and `onlyB` for B alone:
 * value (onlyA − onlyB) / of, interval of Agresti and Min (half a sentence added to each of the four cells). Null of none.
 */
export function pairedShares(onlyA: number, onlyB: number, of: number): Interval | null {
  if (of <= 0) return null;
  const n = of + 2;
  const [a, b] = [onlyA + 0.5, onlyB + 0.5];
  const centre = (a - b) / n;
  const half = (Z / n) * Math.sqrt(Math.max(0, a + b - (a - b) ** 2 / n));
  return { value: (onlyA - onlyB) / of, low: Math.max(-1, centre - half), high: Math.min(1, centre + half) };
}

/** Mean of `values` with its normal interval; the ends are NaN below `ENOUGH` of them. Null of none. */
export function mean(values: readonly number[]): Interval | null {
  const n = values.length;
  if (!n) return null;
  const value = values.reduce((sum, one) => sum + one, 0) / n;
  if (n < ENOUGH) return { value, low: NaN, high: NaN };
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / (n - 1);
  const half = Z * Math.sqrt(variance / n);
  return { value, low: value - half, high: value + half };
}

/** Whether zero lies in the interval; null where the interval is not known. */
export function withinNoise({ low, high }: Interval): boolean | null {
  return Number.isNaN(low) || Number.isNaN(high) ? null : low <= 0 && 0 <= high;
}

/** A sentence with what one model made of it; NaN for a loss that is not known, null where nobody says what is right. */
export interface Judged {
  right: boolean | null;
  loss: number;
}

/** What a model made of a list of sentences. */
export interface Summary {
  sentences: number;
  /** Of how many it is known what is right, and the share right of these. */
  judged: number;
  right: Interval | null;
  /** Mean loss, of how many. */
  measured: number;
  loss: Interval | null;
}

export function summarise(made: readonly Judged[]): Summary {
  const judged = made.filter(({ right }) => right !== null);
  const losses = made.map(({ loss }) => loss).filter((loss) => !Number.isNaN(loss));
  return {
    sentences: made.length,
    judged: judged.length,
    right: share(judged.filter(({ right }) => right).length, judged.length),
    measured: losses.length,
    loss: mean(losses),
  };
}

/** Two models over the same sentences. */
export interface Agreement {
  a: Summary;
  b: Summary;
  /** Sentences that both are judged on: right by both, by one alone, by none. */
  both: number;
  onlyA: number;
  onlyB: number;
  neither: number;
  /** Share right of A less that of B, and mean loss of A less that of B, over the sentences that have both. */
  right: Interval | null;
  loss: Interval | null;
}

/** `a[i]` and `b[i]` are of the same sentence. What either lacks is left out of both, so that they are of the same sentences. */
export function agreement(a: readonly Judged[], b: readonly Judged[]): Agreement {
  const shared = (i: number): { right: boolean; loss: boolean } => ({
    right: a[i]!.right !== null && b[i]!.right !== null,
    loss: !Number.isNaN(a[i]!.loss) && !Number.isNaN(b[i]!.loss),
  });
  const of = (one: readonly Judged[]): Judged[] =>
    one.map(({ right, loss }, i) => ({ right: shared(i).right ? right : null, loss: shared(i).loss ? loss : NaN }));
  const [left, right] = [of(a), of(b)];
  const cells = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  left.forEach((mine, i) => {
    if (mine.right === null) return;
    const theirs = right[i]!.right;
    cells[mine.right ? (theirs ? 'both' : 'onlyA') : theirs ? 'onlyB' : 'neither'] += 1;
  });
  const judged = cells.both + cells.onlyA + cells.onlyB + cells.neither;
  const differences = left.map((mine, i) => mine.loss - right[i]!.loss).filter((one) => !Number.isNaN(one));
  return {
    a: summarise(left),
    b: summarise(right),
    ...cells,
    right: pairedShares(cells.onlyA, cells.onlyB, judged),
    loss: mean(differences),
  };
}
