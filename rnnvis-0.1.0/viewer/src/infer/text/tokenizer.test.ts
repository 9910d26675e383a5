import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { characters, words } from './tokenizer';

interface Case {
  text: string;
  words: string[];
  tokens?: string;
  addresses?: boolean;
}

const CASES = JSON.parse(
  readFileSync(new URL('../../../../tests/golden/tokens.json', import.meta.url), 'utf8'),
) as readonly Case[];

it.each(CASES)('words are those of the table: $text', (one) => {
  const tokens = one.tokens === 'characters' ? characters(one.text) : words(one.text, one.addresses);
  expect(tokens.map(([, word]) => word)).toEqual(one.words);
});

it('the surface is the text itself', () => {
  const text = "  Isn't “Amélie” A CLICHÉ… 👍🏽?";
  expect(words(text).map(([surface]) => surface)).toEqual([
    'Is',
    "n't",
    '“',
    'Amélie',
    '”',
    'A',
    'CLICHÉ',
    '…',
    '👍🏽',
    '?',
  ]);
});
