import { describe, expect, it } from 'vitest';
import { contrast, DARK, LIGHT } from './colour';
import { tint, weightTint } from './tint';

describe('tint', () => {
  it.each([LIGHT, DARK])('leaves text readable everywhere on the scale', (theme) => {
    for (let t = 0; t <= 1.2; t += 0.05)
      expect(contrast(weightTint(t, theme) ?? theme.background, theme.ink)).toBeGreaterThan(4.5);
    for (let t = -1.2; t <= 1.2; t += 0.05)
      expect(contrast(tint(t, theme) ?? theme.background, theme.ink)).toBeGreaterThan(4.5);
  });
  it('is seen where it is weak, of either sign, on the dark ground too', () => {
    for (const t of [-0.1, 0.1]) expect(contrast(tint(t, DARK)!, DARK.background)).toBeGreaterThan(1.15);
  });
  it('grows away from the ground with the state', () => {
    const away = (t: number): number => contrast(tint(t, LIGHT)!, LIGHT.background);
    expect(away(0.9)).toBeGreaterThan(away(0.3));
    expect(tint(0, LIGHT)).toBeNull();
    expect(tint(NaN, LIGHT)).toBeNull();
  });
});
