import { describe, expect, it } from 'vitest';
import { mark } from './mark';

function shown(text: string, search: string): string {
  return mark(text, search)
    .map((piece) => (piece.hit ? `[${piece.text}]` : piece.text))
    .join('');
}

describe('mark', () => {
  it('finds without regard to case and accents', () => {
    expect(shown('A Cliché, a cliche', 'CLICHE')).toBe('A [Cliché], a [cliche]');
  });

  it('keeps characters beyond the basic plane whole', () => {
    expect(shown('so 🎬 good', 'good')).toBe('so 🎬 [good]');
  });

  it('finds expressions, and survives broken ones', () => {
    expect(shown('not very good', '/not (very|too)/')).toBe('[not very] good');
    expect(shown('a (b', '/(/')).toBe('a (b');
    expect(shown('ab', '/x*/')).toBe('ab');
  });

  it('leaves text alone where nothing is searched for', () => {
    expect(shown('anything', '  ')).toBe('anything');
  });
});
