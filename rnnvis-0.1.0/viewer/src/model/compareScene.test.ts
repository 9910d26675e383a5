import { describe, expect, it } from 'vitest';
import { compareColumns, narrowHeight } from './compareLayout';
import { buildCompare, clustersOf, type CompareData } from './compareScene';
import { samplePicture } from './sample';

const SIZES = { tokenWidth: 90, tokens: 12, clusters: { a: 8, b: 8 }, hasTrack: true, hasPush: true };

function data(): CompareData {
  const a = samplePicture();
  const b = samplePicture();
  return { a, b: { ...b, focusValues: b.focusValues!.map((value) => 3 * value) } };
}

describe.each([1024, 1280, 1440, 1920])('compareColumns at %i px', (width) => {
  it.each([2, 8, 12, 30])('mirrors A and B inside the page, %i clusters', (k) => {
    const { a, b, track } = compareColumns({ width, height: 680 }, 'mirror', { ...SIZES, clusters: { a: k, b: k } });
    const bars = a.sequence!.pitch * k;
    const places = [
      a.words!.x,
      a.words!.spine,
      a.memory!.x,
      a.memory!.x + a.memory!.width,
      a.sequence!.glyphX,
      a.sequence!.glyphX + bars,
      track!.x,
      track!.x + track!.width,
    ];
    const right = [
      b.sequence!.glyphX,
      b.sequence!.glyphX + bars,
      b.memory!.x,
      b.memory!.x + b.memory!.width,
      b.words!.spine,
      b.words!.x,
      b.words!.x + b.words!.width,
    ];
    const all = [0, ...places, ...right, width];
    expect([...all].sort((x, y) => x - y)).toEqual(all);
    expect(a.sequence!.pitch).toBe(b.sequence!.pitch);
    expect(a.memory!.width).toBe(b.memory!.width);
  });

  it('stands the overlay inside the page', () => {
    const { a, b } = compareColumns({ width, height: 680 }, 'overlay', SIZES);
    expect(b.memory!.x).toBeGreaterThan(a.memory!.x + a.memory!.width);
    expect(a.words!.spine).toBeGreaterThan(b.memory!.x + b.memory!.width);
    expect(a.words!.x + a.words!.width).toBeLessThanOrEqual(width);
    expect(a.words!.width).toBeGreaterThan(120);
  });
});

describe('a phone', () => {
  const box = { width: 400, height: narrowHeight(12, 8) };

  it.each(['mirror', 'overlay'] as const)(
    'has the chips of both sides beside each other below the rows, %s',
    (layout) => {
      const { a, b, bottom, boardTop } = compareColumns(box, layout, SIZES);
      expect(boardTop).toBeGreaterThan(bottom);
      expect(a.memory!.top).toBe(boardTop);
      expect(a.memory!.x + a.memory!.width).toBeLessThan(b.memory!.x);
      expect(b.memory!.x + b.memory!.width).toBeLessThanOrEqual(box.width);
      expect(a.memory!.bottom).toBeLessThanOrEqual(box.height);
    },
  );

  it('gives every chip its place inside what is scrolled through', () => {
    const tokens = data().a.sentence!.tokens.length;
    const height = narrowHeight(tokens, Math.max(clustersOf(data().a), clustersOf(data().b)));
    const { a, b } = buildCompare(data(), { width: 400, height }, 'mirror');
    expect(a.chips!.list.length).toBe(clustersOf(data().a));
    for (const side of [a, b]) expect(side.boardHeight).toBeLessThanOrEqual(height);
  });
});

describe('buildCompare', () => {
  it('draws both sides on one scale', () => {
    const { a, b } = buildCompare(data(), { width: 1440, height: 680 }, 'mirror');
    expect(a.colourLimit).toBe(b.colourLimit);
    expect(a.sequence!.scale).toBe(b.sequence!.scale);
    expect(a.links!.cutoff).toBe(b.links!.cutoff);
    expect(a.linkLimits).toEqual(b.linkLimits);
    expect(a.clouds!.limit).toBe(b.clouds!.limit);
  });

  it('links outwards on both sides', () => {
    const { a, b } = buildCompare(data(), { width: 1440, height: 680 }, 'mirror');
    for (const link of a.links!.list) expect(link.x1).toBeLessThan(link.x0);
    for (const link of b.links!.list) expect(link.x1).toBeGreaterThan(link.x0);
    expect(a.links!.list.map(({ value }) => value).sort()).toEqual(b.links!.list.map(({ value }) => value).sort());
  });

  it('lays matched chips beside each other in the overlay', () => {
    const { a, b } = buildCompare(data(), { width: 1440, height: 680 }, 'overlay');
    a.chips!.list.forEach((chip, i) => {
      const partner = b.chips!.list[i]!;
      expect([partner.y, partner.height]).toEqual([chip.y, chip.height]);
    });
    expect(b.clouds).toBeNull();
  });
});
