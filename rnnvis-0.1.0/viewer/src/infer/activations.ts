/** The activations that a head may have, with their slopes. */

import { sigmoid } from './kernels';

interface Activation {
  of(x: number): number;
  /** Derivative at x. */
  slope(x: number): number;
}

const LEAK = 0.01;
const INNER = Math.sqrt(2 / Math.PI);
const CUBE = 0.044715;

/** As in torch.nn.functional with its defaults; `gelu` is the exact one, `gelu_tanh` its approximation. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  relu: { of: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  leaky_relu: { of: (x) => (x > 0 ? x : LEAK * x), slope: (x) => (x > 0 ? 1 : LEAK) },
  elu: { of: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  tanh: { of: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  sigmoid: { of: sigmoid, slope: (x) => sigmoid(x) * sigmoid(-x) },
  silu: { of: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
  softplus: { of: softplus, slope: sigmoid },
  gelu_tanh: {
    of: (x) => 0.5 * x * (1 + Math.tanh(INNER * (x + CUBE * x ** 3))),
    slope: (x) => {
      const t = Math.tanh(INNER * (x + CUBE * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * INNER * (1 + 3 * CUBE * x * x);
    },
  },
  gelu: { of: (x) => x * normal(x), slope: (x) => normal(x) + (x * Math.exp(-x * x * 0.5)) / Math.sqrt(2 * Math.PI) },
};

/** ln(1 + eˣ). */
export function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The normal distribution's Φ(x) = erfc(−x / √2) / 2. */
function normal(x: number): number {
  const half = 0.5 * erfc(Math.abs(x) / Math.SQRT2);
  return x > 0 ? 1 - half : half;
}

/** erfc for x ≥ 0 to 1e-15: its series below 2.5, its continued fraction above (Abramowitz and Stegun 7.1.5, 7.1.14). */
function erfc(x: number): number {
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2.5) {
    let term = 2 * x;
    let sum = term;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - scale * sum;
  }
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
  return scale / fraction;
}
