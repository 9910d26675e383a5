import type { StateSequence } from '../data/types';

/**
 * What a sentence does to each unit cluster, step by step; row-major [steps × clusters].
 *
 * For a cluster C with states s and the states s' of the step before: P = Σ max(s, 0) / |C|, N = Σ min(s, 0) / |C|,
 * ΔP = P − P', ΔN = N − N'; gained and lost count the same unit by unit; kept = Σ min(|s'|, |s|) over the units
 * whose sign did not change, kept rate = kept / Σ|s'|, NaN where that is 0. The pipeline's `measures/sequences.py`
 * is the same calculation.
 */
export interface Glyphs {
  steps: number;
  clusters: number;
  p: Float64Array;
  n: Float64Array;
  deltaP: Float64Array;
  deltaN: Float64Array;
  gainedP: Float64Array;
  lostP: Float64Array;
  gainedN: Float64Array;
  lostN: Float64Array;
  kept: Float64Array;
  keptRate: Float64Array;
}

/** The state that a step started from: that after the step before, of a reversed state after the step behind it. */
function stateBefore({ length, units, values, initial, reversed }: StateSequence, step: number): Float32Array {
  const from = reversed ? step + 1 : step - 1;
  return from >= 0 && from < length ? values.subarray(from * units, (from + 1) * units) : initial;
}

/** `labels`: cluster of each unit, negative for none. */
export function glyphs(sequence: StateSequence, labels: ArrayLike<number>, clusters: number): Glyphs {
  const { length: steps, units, values } = sequence;
  const list = (): Float64Array => new Float64Array(steps * clusters);
  const out: Glyphs = {
    steps,
    clusters,
    p: list(),
    n: list(),
    deltaP: list(),
    deltaN: list(),
    gainedP: list(),
    lostP: list(),
    gainedN: list(),
    lostN: list(),
    kept: list(),
    keptRate: list(),
  };
  const size = new Float64Array(clusters);
  for (let u = 0; u < units; u++) if (labels[u]! >= 0) size[labels[u]!]!++;
  const { p, n, gainedP, lostP, gainedN, lostN, kept } = out;
  for (let t = 0; t < steps; t++) {
    const row = t * clusters;
    const now = values.subarray(t * units, (t + 1) * units);
    const before = stateBefore(sequence, t);
    const had = new Float64Array(clusters);
    for (let u = 0; u < units; u++) {
      const c = labels[u]!;
      if (c < 0) continue;
      const i = row + c;
      const to = now[u]!;
      const from = before[u]!;
      had[c]! += Math.abs(from);
      if (to > 0) {
        p[i]! += to;
        if (from > 0) {
          if (to > from) gainedP[i]! += to - from;
          else lostP[i]! += from - to;
          kept[i]! += Math.min(to, from);
          continue;
        }
        gainedP[i]! += to;
      } else if (to < 0) {
        n[i]! += to;
        if (from < 0) {
          if (to < from) gainedN[i]! += from - to;
          else lostN[i]! += to - from;
          kept[i]! -= Math.max(to, from);
          continue;
        }
        gainedN[i]! -= to;
      }
      if (from > 0) lostP[i]! += from;
      else lostN[i]! -= from;
    }
    for (let c = 0; c < clusters; c++) {
      const i = row + c;
      out.keptRate[i] = had[c]! > 0 ? kept[i]! / had[c]! : NaN;
      const members = Math.max(size[c]!, 1);
      for (const part of [p, n, gainedP, lostP, gainedN, lostN]) part[i] = part[i]! / members;
      out.deltaP[i] = gainedP[i]! - lostP[i]!;
      out.deltaN[i] = lostN[i]! - gainedN[i]!;
    }
  }
  return out;
}

/** Change of every unit at a step: s_t − s_{t−1}, or s_t − s_{t+1} of a reversed state. */
export function change(sequence: StateSequence, step: number): Float32Array {
  const { units, values } = sequence;
  const before = stateBefore(sequence, step);
  const now = values.subarray(step * units, (step + 1) * units);
  const difference = new Float32Array(units);
  for (let u = 0; u < units; u++) difference[u] = now[u]! - before[u]!;
  return difference;
}

/** Share of the whole state kept at a step: Σ kept / Σ|s'| over all units; NaN where there was nothing to keep. */
export function keptShare(sequence: StateSequence, step: number): number {
  const { units, values } = sequence;
  const from = stateBefore(sequence, step);
  let kept = 0;
  let had = 0;
  for (let u = 0; u < units; u++) {
    const now = values[step * units + u]!;
    const before = from[u]!;
    if (Math.sign(now) === Math.sign(before)) kept += Math.min(Math.abs(now), Math.abs(before));
    had += Math.abs(before);
  }
  return had > 0 ? kept / had : NaN;
}
