import { describe, expect, it } from 'vitest';
import { spacedTokens, windowAround } from './spacing';

const join = (tokens: { before: string; text: string }[]): string =>
  tokens.map((token) => token.before + token.text).join('');

describe('spacedTokens', () => {
  it('takes spaces from the source', () => {
    expect(join(spacedTokens(['It', 'is', "n't", '"', 'good', '"', '.'], 'It isn\'t "good" .'))).toBe('It isn\'t "good" .');
  });
  it('keeps accents and emoji whole', () => {
    expect(join(spacedTokens(['cliché', '😀', '!'], 'cliché 😀!'))).toBe('cliché 😀!');
  });
  it('joins by rule where the text differs', () => {
    expect(join(spacedTokens(['<unk>', 'is', "n't", 'bad', ',', '(', 'no', ')'], 'other text'))).toBe("<unk> isn't bad, (no)");
  });
});

describe('windowAround', () => {
  const tokens = spacedTokens('one two three four five six seven'.split(' '), '');
  it('keeps the token and whole neighbours', () => {
    const cut = windowAround(tokens, 3, 6, 10);
    expect(join(cut.tokens).trim()).toBe('three four five');
    expect([cut.cutBefore, cut.cutAfter]).toEqual([true, true]);
  });
  it('gives unused room to the other side', () => {
    const cut = windowAround(tokens, 0, 20, 8);
    expect(cut.tokens.length).toBeGreaterThan(4);
    expect(cut.cutBefore).toBe(false);
  });
  it('shows a short sentence whole', () => {
    const cut = windowAround(tokens, 3, 200, 200);
    expect(cut.tokens.length).toBe(7);
    expect([cut.cutBefore, cut.cutAfter]).toEqual([false, false]);
  });
});
