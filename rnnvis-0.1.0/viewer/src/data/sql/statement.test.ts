import { describe, expect, it } from 'vitest';
import { offsetOf, placeOf, readStatement, type Tokens } from './statement';

/** A rough tokeniser for tests; the page uses DuckDB's. */
function tokens(text: string): Tokens {
  const offsets: number[] = [];
  const types: number[] = [];
  for (const match of text.matchAll(/--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|[^\s]/g)) {
    offsets.push(match.index);
    types.push(match[0].startsWith('--') ? 5 : match[0].startsWith("'") ? 2 : 0);
  }
  return { offsets, types };
}
const read = (text: string): ReturnType<typeof readStatement> => readStatement(text, tokens(text));

describe('readStatement', () => {
  it('finds nothing in comments and blanks', () =>
    expect([read(''), read('-- why\n ; ')]).toEqual([{ kind: 'nothing' }, { kind: 'nothing' }]));
  it('takes one question, without the semicolon at its end', () => {
    const statement = read('SELECT a FROM "Words" WHERE b = \'x;y\' ; -- done;');
    expect(statement).toMatchObject({ kind: 'question', sql: 'SELECT a FROM "Words" WHERE b = \'x;y\' ' });
    expect(statement.kind === 'question' && statement.words.has('words')).toBe(true);
  });
  it('is not confused by comments that stand between tokens', () => {
    const text = 'SELECT 1; -- done; or not';
    expect(readStatement(text, { offsets: [0, 7, 8], types: [4, 1, 3] })).toMatchObject({
      kind: 'question',
      sql: 'SELECT 1',
    });
    const two = 'SELECT 1 -- a\n; -- b\nDROP VIEW words';
    expect(readStatement(two, { offsets: [0, 7, 14, 21, 26, 31], types: [4, 1, 3, 4, 4, 0] })).toEqual({
      kind: 'several',
    });
  });
  it('refuses two', () => expect(read('SELECT 1; DROP TABLE words')).toEqual({ kind: 'several' }));
  it.each([
    'INSERT',
    'create',
    'Drop',
    'ATTACH',
    'COPY',
    'INSTALL',
    'LOAD',
    'PRAGMA',
    'SET',
    'EXPLAIN DELETE',
    'EXPLAIN ANALYZE update',
  ])('refuses %s by name', (verb) => {
    expect(read(`${verb} x`)).toEqual({ kind: 'refused', verb: verb.split(' ').at(-1)!.toUpperCase() });
  });
  it.each([
    'WITH a AS (SELECT 1) FROM a',
    'from words',
    '(SELECT 1)',
    'DESCRIBE words',
    'SUMMARIZE words',
    'SHOW TABLES',
    'VALUES (1)',
  ])('lets %s pass', (text) => {
    expect(read(text)).toMatchObject({ kind: 'question', question: text });
  });
  it('knows the question inside EXPLAIN', () =>
    expect(read('EXPLAIN ANALYZE SELECT 1')).toMatchObject({
      sql: 'EXPLAIN ANALYZE SELECT 1',
      question: 'SELECT 1',
      explained: true,
    }));
});

describe('placeOf', () => {
  const message = 'Parser Error: syntax error at or near "FORM"\n\nLINE 2: SELECT * FORM words\n                 ^';
  it('reads line and column', () => {
    expect(placeOf(message)).toEqual({ line: 2, column: 10 });
    expect(offsetOf('-- a\nSELECT * FORM words', placeOf(message)!)).toBe(14);
  });
  it('knows that a shortened line hides its column', () =>
    expect(placeOf('x\nLINE 1: ...FORM words\n           ^')).toEqual({ line: 1, column: null }));
  it('is null where there is none', () => expect(placeOf('Out of Memory Error: no')).toBeNull());
});
