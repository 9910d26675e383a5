import { describe, expect, it } from 'vitest';
import { fold } from './fold';
import { measure } from './text';

describe('fold', () => {
  it.each([
    ['a sentence of words '.repeat(40), 300],
    ['word '.repeat(200), 5000],
    [`short ${'x'.repeat(700)} short`, 250],
    ['没有空格的句子'.repeat(30), 200],
    ['', 100],
  ])('keeps every letter, and no line is wider than its room: %#', (text, width) => {
    const lines = fold(text, width, 'interface', 11);
    expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    for (const line of lines) {
      expect(measure(line, 'interface', 11).width).toBeLessThanOrEqual(width);
      expect(line.length).toBeLessThanOrEqual(160);
    }
  });
});
