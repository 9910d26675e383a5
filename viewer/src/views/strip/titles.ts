/** Names of published choices as they are shown. */

export const METHODS: Record<string, string> = {
  block: 'signed response',
  spectral: 'spectral',
  modularity: 'modularity',
  rnnvis: 'size, as RNNVis',
};

export const SELECTIONS: Record<string, string> = {
  reliable: 'clearest responses',
  frequent: 'most frequent',
};

/** A number with its sign, to two digits or as many as it takes to show one. */
export function signed(value: number): string {
  const size = Math.abs(value);
  const digits = size === 0 || size >= 0.1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
  return `${value < 0 ? '−' : '+'}${size.toFixed(Math.max(2, digits > 2 ? digits : 2))}`;
}
