import { describe, expect, it } from 'vitest';
import { byToken, mark } from './mark';

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

it('pieces are cut where tokens begin and end, and nothing is lost', () => {
  const text = 'Don’t  miss it';
  const pieces = mark(text, 'miss it', 'letters');
  const cut = byToken(pieces, [
    [0, 3],
    [3, 5],
    [7, 11],
    [12, 14],
  ]);
  expect(cut.map((piece) => piece.text).join('')).toBe(text);
  expect(cut).toEqual([
    { text: 'Don', hit: false, step: 0 },
    { text: '’t', hit: false, step: 1 },
    { text: '  ', hit: false, step: null },
    { text: 'miss', hit: true, step: 2 },
    { text: ' ', hit: true, step: null },
    { text: 'it', hit: true, step: 3 },
  ]);
});

it('a mark that ends inside a token cuts it', () => {
  expect(byToken(mark('unhappy', 'happ', 'letters'), [[0, 7]])).toEqual([
    { text: 'un', hit: false, step: 0 },
    { text: 'happ', hit: true, step: 0 },
    { text: 'y', hit: false, step: 0 },
  ]);
});
