/** Units from the most raised to the most lowered by `values`; ties keep unit order, missing values come last. */
export function descending(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, unit) => unit);
  const key = (unit: number): number => (Number.isNaN(values[unit]) ? -Infinity : values[unit]!);
  return order.sort((a, b) => (key(a) === key(b) ? a - b : key(b) - key(a)));
}
