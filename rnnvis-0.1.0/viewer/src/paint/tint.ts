import { mix, sign, type Tokens } from './colour';

/** Shares of the full mark: where the scale begins, enough to be seen on the ground, and at its end, as much as leaves the text on it readable. */
const SHARES = { light: [0, 0.75], dark: [0.1, 0.6] } as const;

function share(size: number, theme: Tokens): number {
  const [least, most] = SHARES[theme.name];
  return least + (most - least) * size;
}

/** Ground of a token whose unit stands at `t` of the scale's end; null near zero. */
export function tint(t: number, theme: Tokens): string | null {
  const size = Math.min(1, Math.abs(t));
  return size > 0.02 ? mix(theme.background, sign(t, theme).mark, share(size, theme)) : null;
}

/** The scale of the tints as a CSS gradient, from −1 to +1. */
export function tintGradient(theme: Tokens): string {
  const stops = Array.from({ length: 13 }, (_, i) => tint(i / 6 - 1, theme) ?? theme.background);
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

/** Ground of a token of weight `t`, 0 to 1, that has no sign: paler or darker, and of no colour; null near zero. */
export function weightTint(t: number, theme: Tokens): string | null {
  const size = Math.max(0, Math.min(1, t));
  return size > 0.02 ? mix(theme.background, theme.ink3, size * 0.5) : null;
}
