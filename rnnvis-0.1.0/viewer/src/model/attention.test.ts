import { describe, expect, it } from 'vitest';
import { decodeAttention } from '../data/decode';
import { rankOf, shownAttention } from './attention';

describe('attention', () => {
  it('of pooling is one reading, whatever is hovered or pinned', () => {
    const attention = decodeAttention([{ step: 2, weight: [0.25, 0.5, 0.25] }], 3)!;
    expect(attention.pooled).toBe(true);
    const shown = shownAttention(attention, 0, 1)!;
    expect([shown.from, [...shown.weights], shown.largest]).toEqual([2, [0.25, 0.5, 0.25], 0.5]);
  });

  it('of every step is that of the hovered step, else of the pinned one, on one scale', () => {
    const rows = [
      { step: 0, weight: [1, 0] },
      { step: 1, weight: [0.25, 0.75] },
    ];
    const attention = decodeAttention(rows, 2)!;
    expect(attention.pooled).toBe(false);
    expect(shownAttention(attention, 1, 0)!.from).toBe(1);
    expect(shownAttention(attention, null, 0)!.from).toBe(0);
    expect(shownAttention(attention, null, null)).toBeNull();
    expect(shownAttention(attention, 1, null)!.largest).toBe(1);
  });

  it('is absent where nothing was published', () => {
    expect(decodeAttention([], 3)).toBeNull();
    expect(shownAttention(null, 0, 0)).toBeNull();
  });

  it('ranks positions from the largest', () => {
    expect([0, 1, 2].map((i) => rankOf(new Float32Array([0.2, 0.5, 0.3]), i))).toEqual([3, 1, 2]);
  });
});
