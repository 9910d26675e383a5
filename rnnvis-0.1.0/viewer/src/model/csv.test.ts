import { describe, expect, it } from 'vitest';
import { fileName, shortest, toCsv, type Table } from './csv';

const table = (rows: Table['rows']): Table => ({
  caption: 'Words',
  columns: [
    { name: 'word', about: 'The word' },
    { name: 'mean', about: 'Its mean' },
  ],
  rows,
});

describe('toCsv', () => {
  it('quotes what would break a line or a column', () => {
    expect(
      toCsv(
        table([
          ['a,b', 1],
          ['say "so"', 2],
          ['two\nlines', 3],
        ]),
      ),
    ).toBe('word,mean\r\n"a,b",1\r\n"say ""so""",2\r\n"two\nlines",3\r\n');
  });
  it('lets no text be taken for a formula', () => {
    const csv = toCsv(
      table([
        ['=HYPERLINK("x")', 1],
        ['+cmd|x', 2],
        ['@SUM(A1)', 3],
        ['-2+3', 4],
        ['--', 5],
        ['-', 6],
      ]),
    );
    expect(csv).toBe(
      'word,mean\r\n"\'=HYPERLINK(""x"")",1\r\n\'+cmd|x,2\r\n\'@SUM(A1),3\r\n\'-2+3,4\r\n--,5\r\n-,6\r\n',
    );
  });
  it('leaves missing values empty', () =>
    expect(
      toCsv(
        table([
          ['x', null],
          ['y', NaN],
        ]),
      ),
    ).toBe('word,mean\r\nx,\r\ny,\r\n'));
  it('writes single-precision numbers without their noise', () => {
    expect(toCsv(table([['x', Math.fround(0.1)]]))).toContain('x,0.1\r\n');
    expect(toCsv(table([['x', 277457]]))).toContain('x,277457\r\n');
    const noisy = Math.fround(1 / 3);
    expect(Math.fround(Number(shortest(noisy)))).toBe(noisy);
  });
});

describe('fileName', () => {
  it('keeps letters of any script and drops the rest', () => {
    expect(fileName('rnnvis', '../etc/<passwd>', 'Größe 文字')).toBe('rnnvis-etc-passwd-größe-文字');
  });
  it('is never empty', () => expect(fileName('//')).toBe('rnnvis'));
});
