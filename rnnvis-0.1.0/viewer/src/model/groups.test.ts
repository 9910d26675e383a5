import { describe, expect, it } from 'vitest';
import { chipNumbers } from './groups';

describe('chipNumbers', () => {
  it('numbers chips as drawn', () => {
    const numbers = chipNumbers({
      ids: Int32Array.from([0, 1, 4]),
      labels: Uint8Array.from([2, 0, 1]),
      order: [1, 2, 0],
    });
    expect([numbers.get(0), numbers.get(1), numbers.get(4), numbers.get(2)]).toEqual([2, 3, 1, undefined]);
  });
});
