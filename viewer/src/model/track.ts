import { curveMonotoneY, line } from 'd3-shape';

/** A change of probability this large is worth its numbers. */
const NOTABLE = 0.25;
const MOST = 14;

/**
 * Steps whose probability is written out: first, last, the pinned one, the highest and the lowest, and both sides of
 * large changes. A neighbour of an already chosen step with nearly the same value is left out.
 */
export function notableSteps(p: ArrayLike<number>, pinned: number | null): number[] {
  const last = p.length - 1;
  if (last < 0) return [];
  const wanted: number[] = [];
  if (pinned !== null && pinned <= last) wanted.push(pinned);
  wanted.push(0, last);
  const jumps: [number, number][] = [];
  for (let t = 1; t <= last; t++) {
    const size = Math.abs(p[t]! - p[t - 1]!);
    if (size >= NOTABLE) jumps.push([size, t]);
  }
  jumps.sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (const [, t] of jumps.slice(0, 4)) wanted.push(t, t - 1);
  let high = 0;
  let low = 0;
  for (let t = 1; t <= last; t++) {
    if (p[t]! > p[high]!) high = t;
    if (p[t]! < p[low]!) low = t;
  }
  wanted.push(high, low);
  const chosen: number[] = [];
  for (const step of wanted) {
    if (chosen.length >= MOST || chosen.includes(step)) continue;
    const crowded = chosen.some((other) => Math.abs(other - step) === 1 && Math.abs(p[other]! - p[step]!) < 0.05);
    if (!crowded || step === 0 || step === last || step === pinned) chosen.push(step);
  }
  return chosen.sort((a, b) => a - b);
}

/** Path data of a smooth line through the points that never runs past a value. */
export function trackPath(points: readonly (readonly [number, number])[]): string {
  return line<readonly [number, number]>()
    .x((point) => point[0])
    .y((point) => point[1])
    .curve(curveMonotoneY)
    .digits(2)(points) ?? '';
}
