import { describe, expect, it } from 'vitest';
import { plain } from '../../wording/tip';
import { describeNext, nextAt, nextHeight, nextRows } from './paintNextWords';

const guesses = [
  { text: 'of', p: 0.5, came: false },
  { text: 'to', p: 0.25, came: false },
];

describe('nextRows', () => {
  it('adds the word that came where it is not among the likeliest', () => {
    expect(nextRows(guesses, { text: 'unheard', p: 1e-5 })).toEqual([
      ...guesses,
      { text: 'unheard', p: 1e-5, came: true },
    ]);
  });
  it('adds nothing twice, and nothing where no word came', () => {
    const right = [{ ...guesses[0]!, came: true }, guesses[1]!];
    expect(nextRows(right, { text: 'of', p: 0.5 })).toEqual(right);
    expect(nextRows(guesses, null)).toEqual(guesses);
  });
});

it('finds the row under the pointer', () => {
  const height = nextHeight(guesses);
  expect([nextAt(guesses, 0), nextAt(guesses, height - 1), nextAt(guesses, height + 1), nextAt(guesses, -1)]).toEqual([
    0,
    1,
    null,
    null,
  ]);
});

it('says small probabilities in powers of ten, with the loss', () => {
  const said = plain(describeNext({ text: 'unheard', p: 1e-5, came: true }));
  expect(said).toContain('1.0 × 10⁻⁵');
  expect(said).toContain('11.51 nats');
  expect(said).toContain('This is the word that came');
});
