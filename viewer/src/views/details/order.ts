/** Units from the most raised to the most lowered by `values`; ties keep unit order, missing values come last. */
export function descending(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, unit) => unit);
  const key = (unit: number): number => (Number.isNaN(values[unit]) ? -Infinity : values[unit]!);
  return order.sort((a, b) => (key(a) === key(b) ? a - b : key(b) - key(a)));
}

/** Change of every unit at one step, Δ_t = s_t − s_(t−1); `initial` stands before step 0. */
export function changeAt(
  sequence: { units: number; initial: Float32Array; values: Float32Array },
  step: number,
): Float32Array {
  const { units, initial, values } = sequence;
  const now = values.subarray(step * units, (step + 1) * units);
  const before = step === 0 ? initial : values.subarray((step - 1) * units, step * units);
  return now.map((value, unit) => value - before[unit]!);
}

/**
 * Share of the memory of the step before that was kept: Σ min(|s'|, |s|) over the units whose sign did not change,
 * over Σ |s'|. Null where nothing was held before.
 */
export function keptShare(
  sequence: { units: number; initial: Float32Array; values: Float32Array },
  step: number,
): number | null {
  const { units, initial, values } = sequence;
  let kept = 0;
  let held = 0;
  for (let unit = 0; unit < units; unit += 1) {
    const now = values[step * units + unit]!;
    const before = step === 0 ? initial[unit]! : values[(step - 1) * units + unit]!;
    held += Math.abs(before);
    if (Math.sign(now) === Math.sign(before)) kept += Math.min(Math.abs(now), Math.abs(before));
  }
  return held > 0 ? kept / held : null;
}
