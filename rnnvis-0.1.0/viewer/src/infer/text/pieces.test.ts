import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SpecWords } from '../parts';
import { tokenize } from './encode';

interface Case {
  name: string;
  how: SpecWords;
  vocabulary: string[];
  text: string;
  tokens: [string, number | null][];
}

const CASES = JSON.parse(
  readFileSync(new URL('../../../../tests/golden/pieces.json', import.meta.url), 'utf8'),
) as Case[];

describe('text becomes the ids that Python gives', () => {
  it.each(CASES)('$name', ({ how, vocabulary, text, tokens }) => {
    const id = new Map(vocabulary.map((word, i) => [word, i]));
    const found = tokenize(text, how, { text: vocabulary, id });
    expect(found.surface).toEqual(tokens.map(([surface]) => surface));
    expect([...found.tokens]).toEqual(tokens.map(([, token]) => token ?? -1));
  });
});
