import { describe, expect, it } from 'vitest';
import type { Table } from './table';
import { wholeColumns } from './whole';

/** A table of two rows that counts what is read of it; the first read fails where it is told to. */
function counting(failing = false): { table: Table<'steps'>; read: string[][] } {
  const read: string[][] = [];
  const columns = (start: number, end: number, names: readonly string[]): Promise<Record<string, unknown[]>> => {
    read.push([...names]);
    if (failing && read.length === 1) return Promise.reject(new Error('gone'));
    return Promise.resolve(Object.fromEntries(names.map((name) => [name, [`${name} ${start}`, `${name} ${end}`]])));
  };
  return { table: { rows: 2, columns } as unknown as Table<'steps'>, read };
}

describe('whole columns', () => {
  it('are read once, whoever asks for which of them, at the same time too', async () => {
    const { table, read } = counting();
    const [first, second] = await Promise.all([
      wholeColumns(table, ['sentence_id', 'push']),
      wholeColumns(table, ['push', 'loss']),
    ]);
    expect(read).toEqual([['sentence_id', 'push'], ['loss']]);
    expect(first).toEqual({ sentence_id: ['sentence_id 0', 'sentence_id 2'], push: ['push 0', 'push 2'] });
    expect(second).toEqual({ push: ['push 0', 'push 2'], loss: ['loss 0', 'loss 2'] });
    await wholeColumns(table, ['loss', 'sentence_id']);
    expect(read).toHaveLength(2);
  });

  it('are asked for again after they could not be read', async () => {
    const { table, read } = counting(true);
    await expect(wholeColumns(table, ['push'])).rejects.toThrow('gone');
    expect(await wholeColumns(table, ['push'])).toEqual({ push: ['push 0', 'push 2'] });
    expect(read).toEqual([['push'], ['push']]);
  });
});
