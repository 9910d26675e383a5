/** A number with its sign, to two decimals or as many as it takes to show one digit. */
export function signed(value: number): string {
  const size = Math.abs(value);
  const decimals = size === 0 || size >= 0.01 ? 2 : Math.min(8, Math.ceil(-Math.log10(size)));
  return `${value < 0 ? '−' : '+'}${size.toFixed(decimals)}`;
}
