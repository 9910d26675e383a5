import { diverging, mix, sign, type Tokens } from './colour';

/** Share of the full mark at the end of the scale: as much as leaves the text on it readable. */
const STRENGTH = { light: 0.75, dark: 0.52 } as const;

/** Ground of a token whose unit stands at `t` of the scale's end; null near zero. */
export function tint(t: number, theme: Tokens): string | null {
  const size = Math.min(1, Math.abs(t));
  return size > 0.02 ? mix(theme.background, sign(t, theme).mark, size * STRENGTH[theme.name]) : null;
}

/** The diverging scale as a CSS gradient, from −1 to +1. */
export function scaleGradient(theme: Tokens): string {
  const scale = diverging(theme);
  const stops = Array.from({ length: 13 }, (_, i) => scale.colour(i / 6 - 1));
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

/** Ground of a token of weight `t`, 0 to 1, that has no sign: paler or darker, and of no colour; null near zero. */
export function weightTint(t: number, theme: Tokens): string | null {
  const size = Math.max(0, Math.min(1, t));
  return size > 0.02 ? mix(theme.background, theme.ink3, size * 0.5) : null;
}
