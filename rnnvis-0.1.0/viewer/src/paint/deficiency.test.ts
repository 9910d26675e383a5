import { describe, expect, it } from 'vitest';
import { clusterColour, contrast, DARK, distance, diverging, LIGHT } from './colour';
import { DEFICIENCIES, seen } from './deficiency';

/** Least distance in OKLab between marks that must be told apart; two colours at 0.02 are just noticeably different. */
const APART = 0.1;
const SIGHTS = [null, ...DEFICIENCIES];

describe('seen', () => {
  it('leaves normal sight and greys as they are', () => {
    expect(seen([0.2, 0.5, 0.9], null)).toEqual([0.2, 0.5, 0.9]);
    for (const by of DEFICIENCIES) for (const part of seen([0.5, 0.5, 0.5], by)) expect(part).toBeCloseTo(0.5, 2);
  });

  it('takes red and green of one lightness together for the red-green deficiencies only', () => {
    const [red, green] = ['#c06a5a', '#7f8a3c'];
    expect(distance(red, green, 'deuteranopia')).toBeLessThan(0.6 * distance(red, green));
    expect(distance(red, green, 'tritanopia')).toBeGreaterThan(0.6 * distance(red, green));
  });
});

describe.each([LIGHT, DARK])('the $name theme', (theme) => {
  const scale = diverging(theme);

  describe.each(SIGHTS)('seen with %s', (by) => {
    it('tells the signs apart, in marks, text and extremes', () => {
      for (const part of ['mark', 'text', 'extreme'] as const) {
        expect(distance(theme.positive[part], theme.negative[part], by), part).toBeGreaterThan(APART);
      }
    });

    it('tells the signs of a scale apart as soon as both can be told from zero', () => {
      for (const t of [0.2, 0.4, 0.6, 0.8, 1]) {
        expect(distance(scale.colour(t), scale.colour(-t), by), `±${t}`).toBeGreaterThan(0.4 * APART);
        expect(distance(scale.colour(t), scale.colour(0), by), `${t}`).toBeGreaterThan(0.2 * APART);
        expect(distance(scale.colour(-t), scale.colour(0), by), `${-t}`).toBeGreaterThan(0.2 * APART);
      }
    });

    it('tells solid bars from carried ones and from the grounds', () => {
      for (const mark of [theme.positive.mark, theme.negative.mark]) {
        for (const other of [theme.carried, theme.background, theme.surface])
          expect(distance(mark, other, by)).toBeGreaterThan(APART);
      }
      expect(distance(theme.kept, theme.keptTrack, by)).toBeGreaterThan(APART);
    });

    it('tells the three selected words apart', () => {
      const [first, second, third] = theme.selected;
      expect(distance(first, second, by)).toBeGreaterThan(APART);
      expect(distance(first, third, by)).toBeGreaterThan(APART);
      expect(distance(second, third, by)).toBeGreaterThan(APART);
    });
  });

  it('has text of 4.5 : 1 on all grounds, pills and the sunken one included', () => {
    for (const ground of [theme.background, theme.surface, theme.sunken]) {
      for (const text of [theme.ink, theme.ink2, theme.ink3, theme.positive.text, theme.negative.text]) {
        expect(contrast(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
      for (let i = 0; i < 8; i++) expect(contrast(clusterColour(i, theme), ground)).toBeGreaterThanOrEqual(4.5);
    }
    for (const pill of theme.selected) expect(contrast(theme.onSelected, pill)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.onInk, theme.ink)).toBeGreaterThanOrEqual(4.5);
  });

  it('has marks of 3 : 1', () => {
    for (const ground of [theme.background, theme.surface]) {
      for (const mark of [theme.positive.mark, theme.negative.mark, theme.kept, ...theme.selected]) {
        expect(contrast(mark, ground), `${mark} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});
