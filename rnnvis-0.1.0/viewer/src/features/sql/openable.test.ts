import { describe, expect, it } from 'vitest';
import { openable, sentenceOf, unitOf } from './openable';

const columns = [
  { name: 'unit', type: 'VARCHAR' },
  { name: 'unit', type: 'SMALLINT' },
  { name: 'key', type: 'VARCHAR' },
  { name: 'sentence_id', type: 'BIGINT' },
  { name: 'step', type: 'INTEGER' },
];
const at = openable({ columns, foreign: false });

describe('rows of an answer', () => {
  it('name a sentence by its key or its number, and the step', () => {
    expect(sentenceOf(['x', 3, 'abc', 7n, 2], at)).toEqual({ key: 'abc', id: 7, step: 2 });
    expect(sentenceOf(['x', 3, null, 7n, null], at)).toEqual({ key: null, id: 7, step: null });
    expect(sentenceOf(['x', 3, null, null, 2], at)).toBeNull();
  });
  it('name a unit that the state has', () => {
    expect(unitOf(['x', 63, null, null, null], at, 64)).toBe(63);
    expect(unitOf(['x', 64, null, null, null], at, 64)).toBeNull();
    expect(unitOf(['x', -1, null, null, null], at, 64)).toBeNull();
    expect(unitOf(['x', 1.5, null, null, null], at, 64)).toBeNull();
  });
  it('open nothing where the query named the tables of another model', () => {
    const other = openable({ columns, foreign: true });
    expect(sentenceOf(['x', 3, 'abc', 7n, 2], other)).toBeNull();
    expect(unitOf(['x', 3, 'abc', 7n, 2], other, 64)).toBeNull();
  });
});
