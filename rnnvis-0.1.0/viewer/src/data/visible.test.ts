import { describe, expect, it } from 'vitest';
import { unseen, visible } from './visible';

describe('visible', () => {
  it('leaves words, scripts and emoji as they are', () => {
    for (const word of [
      'though',
      '<img src=x onerror=alert(1)>',
      "'; DROP TABLE words; --",
      'cliché',
      'שלום',
      'क्षि',
      'می‌خواهم',
      '👩‍👩‍👧',
      '🏳️‍🌈',
      'two words',
    ]) {
      expect(visible(word)).toBe(word);
      expect(unseen(word)).toBeNull();
    }
  });
  it('shows what would not be seen, and names it', () => {
    expect(visible('a\u200bb')).toBe('a◌b');
    expect(visible('\u202eevil')).toBe('◌evil');
    expect(visible('\0')).toBe('◌');
    expect(visible('')).toBe('(empty)');
    expect(visible('   ')).toBe('◌◌◌');
    expect(visible('x\ud800')).toBe('x◌');
    expect(unseen('a\u200b\0')).toBe('holds U+200B, U+0000, shown as ◌');
  });
  it('ends floods and endless words', () => {
    expect([...visible(`z${'\u0301'.repeat(500)}`)]).toHaveLength(6);
    expect(visible('x'.repeat(10_000)).length).toBeLessThanOrEqual(201);
    expect(unseen('x'.repeat(10_000))).toContain('10,000 characters');
  });
});
