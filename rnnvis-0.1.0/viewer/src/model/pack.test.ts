import { describe, expect, it } from 'vitest';
import { ASCENT, DESCENT, GAP_X, pack, type PackItem, type Placed } from './pack';

const items: PackItem[] = Array.from({ length: 60 }, (_, i) => ({ width: 30 + ((i * 37) % 60), size: 22 - i * 0.18 }));

function boxes(placed: Placed[]): { left: number; right: number; top: number; bottom: number }[] {
  return placed.map(({ index, x, baseline }) => ({
    left: x,
    right: x + items[index]!.width,
    top: baseline - items[index]!.size * ASCENT,
    bottom: baseline + items[index]!.size * DESCENT,
  }));
}

describe('pack', () => {
  it.each([
    [318, 120, 0],
    [318, 120, 50],
    [200, 31, 44],
    [260, 400, 50],
  ])('keeps words inside %i × %i and apart, a note of %i free', (width, height, note) => {
    const all = boxes(pack(items, width, height, note).placed);
    expect(all.length).toBeGreaterThan(0);
    all.forEach((a, i) => {
      expect(a.left).toBeGreaterThanOrEqual(-1e-9);
      expect(a.right).toBeLessThanOrEqual(width + 1e-9);
      expect(a.top).toBeGreaterThanOrEqual(-0.5);
      expect(a.bottom).toBeLessThanOrEqual(height + 0.5);
      for (const b of all.slice(i + 1)) {
        const apart =
          a.right + GAP_X <= b.left + 1e-9 ||
          b.right + GAP_X <= a.left + 1e-9 ||
          a.bottom <= b.top + 1e-9 ||
          b.bottom <= a.top + 1e-9;
        expect(apart).toBe(true);
      }
    });
    const lowest = Math.max(...all.map((box) => box.bottom));
    for (const box of all)
      if (note && box.bottom > lowest - 6) expect(box.right).toBeLessThanOrEqual(width - note + 1e-9);
  });

  it('places the largest word nearest to the middle', () => {
    const { placed } = pack(items, 318, 130, 0);
    const distance = ({ index, x, baseline }: Placed): number =>
      Math.hypot((x + items[index]!.width / 2 - 159) / 318, (baseline - 7 - 65) / 130);
    const first = placed.find((place) => place.index === 0)!;
    expect(distance(first)).toBeLessThan(0.3);
  });

  it('leaves the corner of the note free also where the number of lines goes to and fro', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let trial = 0; trial < 4000; trial++) {
      const many = Array.from({ length: 20 + Math.floor(random() * 60) }, () => ({
        size: 11 + Math.round(random() * 22) / 2,
        width: 15 + random() * 70,
      }));
      const some = many.sort((a, b) => b.size - a.size);
      const width = 150 + Math.floor(random() * 200);
      const { placed } = pack(some, width, 12 + Math.floor(random() * 120), 40);
      const lowest = Math.max(...placed.map(({ baseline }) => baseline));
      for (const { index, x, baseline } of placed)
        if (baseline > lowest - 3) expect(x + some[index]!.width).toBeLessThanOrEqual(width - 40 + 1e-9);
    }
  });

  it('is the same every time, and leaves out what is wider than the box', () => {
    expect(pack(items, 318, 100, 40)).toEqual(pack(items, 318, 100, 40));
    expect(
      pack(
        [
          { width: 400, size: 20 },
          { width: 40, size: 12 },
        ],
        318,
        100,
        0,
      ).placed.map((place) => place.index),
    ).toEqual([1]);
  });
});
