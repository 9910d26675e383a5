import { describe, expect, it } from 'vitest';
import { readZoom, writeZoom } from '../../state/mapView';
import {
  BADGE,
  middles,
  across,
  down,
  labelsOf,
  markAt,
  markTowards,
  moved,
  planeOf,
  zoomed,
  type MapPoint,
} from './plane';

const SIZE = { width: 400, height: 300 };

function point(id: number, x: number, y: number, more: Partial<MapPoint> = {}): MapPoint {
  return {
    id,
    name: `word${id}`,
    x,
    y,
    colour: '#000000',
    hollow: false,
    number: 1,
    selected: -1,
    weight: id,
    ...more,
  };
}

const square = [point(0, -1, -1), point(1, 1, -1), point(2, -1, 1), point(3, 1, 1)];

describe('the plane', () => {
  it('holds every point, with one scale for both axes and y upwards', () => {
    const plane = planeOf(square, SIZE, null);
    for (const { x, y } of square) {
      expect(across(plane, x)).toBeGreaterThan(0);
      expect(down(plane, y)).toBeLessThan(300);
    }
    expect(across(plane, 1) - across(plane, -1)).toBeCloseTo(down(plane, -1) - down(plane, 1));
    expect(down(plane, 1)).toBeLessThan(down(plane, -1));
  });

  it('keeps the point under the pointer where it is while zooming', () => {
    const plane = planeOf(square, SIZE, null);
    const at = { x: across(plane, 0.4), y: down(plane, -0.7) };
    const closer = planeOf(square, SIZE, zoomed(plane, null, 3, at));
    expect(across(closer, 0.4)).toBeCloseTo(at.x);
    expect(down(closer, -0.7)).toBeCloseTo(at.y);
    expect(closer.perUnit).toBeCloseTo(3 * plane.perUnit);
    expect(zoomed(closer, { x: 0, y: 0, scale: 3 }, 0.1, at)).toBeNull();
  });

  it('moves with a drag', () => {
    const plane = planeOf(square, SIZE, null);
    const after = planeOf(square, SIZE, moved(plane, null, 30, -20));
    expect(across(after, 0) - across(plane, 0)).toBeCloseTo(30);
    expect(down(after, 0) - down(plane, 0)).toBeCloseTo(-20);
  });

  it('survives no point, and points in one place', () => {
    expect(planeOf([], SIZE, null).perUnit).toBeGreaterThan(0);
    expect(Number.isFinite(across(planeOf([point(0, 2, 2)], SIZE, null), 2))).toBe(true);
  });
});

describe('labels', () => {
  it('never cover each other, and the weightiest come first', () => {
    const crowd = Array.from({ length: 300 }, (_, i) => point(i, Math.sin(i), Math.cos(i * 1.7)));
    const labels = labelsOf(crowd, planeOf(crowd, SIZE, null), 'corpus', 3);
    expect(labels.length).toBeLessThan(300);
    const order = labels.map(({ index }) => index);
    expect(order).toEqual([...order].sort((a, b) => b - a));
    for (const [i, a] of labels.entries()) {
      for (const b of labels.slice(i + 1)) {
        expect(a.x + a.width <= b.x || b.x + b.width <= a.x || Math.abs(a.y - b.y) >= 13).toBe(true);
      }
    }
  });

  it('leave a crowd to its marks: a label covers two of them at the most', () => {
    const crowd = Array.from({ length: 300 }, (_, i) => point(i, Math.sin(i), Math.cos(i * 1.7)));
    const plane = planeOf(crowd, SIZE, null);
    const labels = labelsOf(crowd, plane, 'corpus', 3);
    expect(labels.length).toBeGreaterThan(5);
    for (const { x, y, width } of labels) {
      const covered = crowd.filter((mark) => {
        const [across0, down0] = [across(plane, mark.x), down(plane, mark.y)];
        return across0 > x && across0 < x + width && down0 > y - 9 && down0 < y + 2;
      });
      expect(covered.length).toBeLessThanOrEqual(2);
    }
  });

  it('keep the badges of groups apart', () => {
    const groups = Array.from({ length: 8 }, (_, i) => point(i, i / 100, 0, { number: (i % 2) + 1 }));
    const [one, other] = middles(groups, planeOf(square, SIZE, null));
    expect(Math.hypot(one!.x - other!.x, one!.y - other!.y)).toBeGreaterThan(2 * BADGE);
  });

  it('of selected marks are always there', () => {
    const crowd = Array.from({ length: 60 }, (_, i) => point(i, i / 1e6, 0, { selected: i === 7 ? 0 : -1 }));
    expect(labelsOf(crowd, planeOf(square, SIZE, null), 'corpus', 3)[0]!.index).toBe(7);
  });
});

describe('marks', () => {
  const plane = planeOf(square, SIZE, null);

  it('are found by the pointer', () => {
    expect(markAt(square, [], plane, across(plane, 1) + 3, down(plane, 1))).toBe(3);
    expect(markAt(square, [], plane, across(plane, 0), down(plane, 0))).toBeNull();
  });

  it('are reached by arrow keys', () => {
    expect(markTowards(square, null, { x: 1, y: 0 })).toBe(3);
    expect(markTowards(square, 3, { x: -1, y: 0 })).toBe(2);
    expect(markTowards(square, 2, { x: 0, y: -1 })).toBe(0);
    expect(markTowards(square, 0, { x: -1, y: 0 })).toBe(0);
  });
});

describe('zooms in links', () => {
  it('are read as written', () => {
    const zoom = { x: -0.1234, y: 12.5, scale: 3 };
    expect(readZoom(writeZoom(zoom))).toEqual(zoom);
    expect(readZoom(writeZoom(null))).toBeNull();
  });
  it.each(['1:2', '1:2:0.5', '1:2:61', 'a:b:c', '1:2:3:4', '1e9:0:2'])('refuse %s', (text) =>
    expect(readZoom(text)).toBeUndefined(),
  );
});
