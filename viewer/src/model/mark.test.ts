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

  it('takes the places of an expression as they were found, and runs none', () => {
    const pieces = mark('not very good', '/not (very|too)/', 'words', [[0, 8]]);
    expect(pieces.map(({ text, hit }) => [text, hit])).toEqual([
      ['not very', true],
      [' good', false],
    ]);
    expect(shown('a (b', '/(/')).toBe('a (b');
  });

  it('marks words where they stand by themselves, else their letters', () => {
    const words = (text: string, search: string): string[] =>
      mark(text, search, 'words')
        .filter(({ hit }) => hit)
        .map(({ text: piece }) => piece);
    expect(words('But a button, BUT', 'but')).toEqual(['But', 'BUT']);
    expect(words("I don't", "n't")).toEqual(["n't"]);
    expect(words('not  very, not a very', 'not very')).toEqual(['not  very']);
  });

  it('leaves text alone where nothing is searched for', () => {
    expect(shown('anything', '  ')).toBe('anything');
  });
});
