import { describe, expect, it } from 'vitest';
import { spacedTokens, windowAround } from './spacing';

const join = (tokens: { before: string; text: string }[]): string =>
  tokens.map((token) => token.before + token.text).join('');

describe('spacedTokens', () => {
  it('takes spaces from the source', () => {
    expect(join(spacedTokens(['It', 'is', "n't", '"', 'good', '"', '.'], 'It isn\'t "good" .'))).toBe(
      'It isn\'t "good" .',
    );
  });
  it('keeps accents and emoji whole', () => {
    expect(join(spacedTokens(['cliché', '😀', '!'], 'cliché 😀!'))).toBe('cliché 😀!');
  });
  it('joins by rule where the text differs', () => {
    expect(join(spacedTokens(['<unk>', 'is', "n't", 'bad', ',', '(', 'no', ')'], 'other text'))).toBe(
      "<unk> isn't bad, (no)",
    );
  });
  it.each([
    ['GPT-2', 'The Ġfilm Ġn ot ĠcafÃ© Ġ Ġæł s', 'The film not café  æłs'],
    ['sentencepiece', '▁The ▁film ▁n ot ▁café s', 'The film not cafés'],
    ['WordPiece', 'the film no ##t ## café ##s .', 'the film not ## cafés .'],
    ['subword-nmt', 'the film n@@ ot café@@ s', 'the film not cafés'],
    ['older BPE', 'the</w> film</w> n ot</w> café s</w>', 'the film not cafés'],
  ])('joins pieces of %s to words', (_, tokens, text) => {
    const joined = spacedTokens(tokens.split(' '), '');
    expect(join(joined)).toBe(text);
    expect(joined.map(({ step }) => step)).toEqual(tokens.split(' ').map((_, i) => i));
  });
  it('lets characters stand close', () => {
    expect(join(spacedTokens([...'the cat, é'], ''))).toBe('the cat, é');
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
