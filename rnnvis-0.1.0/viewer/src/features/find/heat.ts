import { mix, type Tokens } from '../../paint/colour';
import { tint } from '../../paint/tint';

/** Ground of a word: by sign, or in grey for a count; null near zero. */
export function heat(t: number, signed: boolean, theme: Tokens): string | null {
  if (signed) return tint(t, theme);
  return t > 0.02 ? mix(theme.background, theme.grey, Math.min(1, t) * (theme.name === 'dark' ? 0.75 : 0.55)) : null;
}
