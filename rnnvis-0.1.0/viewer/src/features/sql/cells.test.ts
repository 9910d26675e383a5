import { describe, expect, it } from 'vitest';
import { cellText, csvField, csvPieces, isNumeric } from './cells';

describe('cells', () => {
  it.each([
    [null, 'NULL'],
    [Math.fround(0.1), '0.1'],
    [12345678901234567890n, '12345678901234567890'],
    [Float32Array.from([1, 0.5]), '[1, 0.5]'],
    [['a', null, ['b']], '[a, NULL, [b]]'],
    [{ a: 1, b: 'x' }, '{a: 1, b: x}'],
    [NaN, 'NaN'],
    [true, 'true'],
  ])('reads value %#', (value, text) => expect(cellText(value)).toBe(text));
  it('reads dates and times by the type of their column', () => {
    const date = new Date(Date.UTC(2020, 0, 2, 3, 4, 5));
    expect([cellText(date, 'DATE'), cellText(date, 'TIMESTAMP'), cellText(3723000000n, 'TIME')]).toEqual([
      '2020-01-02',
      '2020-01-02 03:04:05.000',
      '01:02:03',
    ]);
  });
  it('keeps formulas from a spreadsheet, in text and in names, and leaves numbers alone', () => {
    expect(['=1+1', '-2+3', '@SUM(A1)', ['=1', 'b']].map((value) => csvField(value))).toEqual([
      "'=1+1",
      "'-2+3",
      "'@SUM(A1)",
      '"[=1, b]"',
    ]);
    expect([csvField(-2.5), csvField(-3n), csvField('-0.25', 'DECIMAL(4,2)')]).toEqual(['-2.5', '-3', '-0.25']);
    expect(csvPieces([{ name: '=cmd|x' }], []).join('')).toBe("'=cmd|x\r\n");
  });
  it('keeps null and an empty text apart in a file', () =>
    expect([null, '', 'a,"b"'].map((value) => csvField(value))).toEqual(['', '""', '"a,""b"""']));
  it('writes every row', () => {
    const rows = Array.from({ length: 4500 }, (_, i) => [i, null]);
    const pieces = csvPieces([{ name: 'a' }, { name: 'b,c' }], rows);
    expect(pieces).toHaveLength(4);
    expect(pieces.join('').split('\r\n')).toHaveLength(4502);
    expect(pieces.join('').startsWith('a,"b,c"\r\n0,\r\n')).toBe(true);
  });
  it('knows numbers by type', () =>
    expect(['BIGINT', 'DECIMAL(18,3)', 'FLOAT[]', 'VARCHAR', 'UTINYINT'].map(isNumeric)).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]));
});
