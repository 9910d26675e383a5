import { describe, expect, it } from 'vitest';
import { clusterColour, contrast, DARK, distance, diverging, LIGHT, mix, tokens } from './colour';

describe('mix', () => {
  it('keeps both ends', () => {
    expect(mix('#e9e6e1', '#d9600e', 0)).toBe('#e9e6e1');
    expect(mix('#e9e6e1', '#d9600e', 1)).toBe('#d9600e');
  });
});

describe.each([LIGHT, DARK])('the $name theme', (theme) => {
  const scale = diverging(theme);

  it('runs from zero over the mark at 72 % to the extreme', () => {
    expect(scale.colour(0)).toBe(theme.cellZero.toLowerCase());
    expect(scale.colour(1)).toBe(theme.positive.extreme.toLowerCase());
    expect(scale.colour(-1)).toBe(theme.negative.extreme.toLowerCase());
    expect(contrast(scale.colour(0.72), theme.positive.mark)).toBeLessThan(1.02);
    expect(contrast(scale.colour(-0.72), theme.negative.mark)).toBeLessThan(1.02);
  });

  it('draws values beyond the ends as the ends, and what is no number as zero', () => {
    expect(scale.colour(9)).toBe(scale.colour(1));
    expect(scale.colour(Number.NaN)).toBe(scale.colour(0));
  });

  it('has readable text and visible marks on both grounds', () => {
    for (const ground of [theme.background, theme.surface]) {
      for (const text of [theme.ink, theme.ink2, theme.ink3, theme.positive.text, theme.negative.text]) {
        expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
      }
      for (const mark of [theme.positive.mark, theme.negative.mark, theme.kept]) {
        expect(contrast(mark, ground)).toBeGreaterThanOrEqual(3);
      }
    }
    for (let i = 0; i < 8; i++) {
      expect(contrast(clusterColour(i, theme), theme.background)).toBeGreaterThanOrEqual(4.5);
      for (const other of [...theme.selected, theme.positive.mark, theme.negative.mark])
        expect(distance(clusterColour(i, theme), other), `${i} and ${other}`).toBeGreaterThan(0.08);
    }
    expect(contrast(theme.onSelected, theme.selected[0])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.onSelected, theme.selected[1])).toBeGreaterThanOrEqual(4.5);
  });
});

it('falls back to light', () => {
  expect(tokens('light')).toBe(LIGHT);
  expect(tokens('dark')).toBe(DARK);
});
