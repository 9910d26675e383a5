import { describe, expect, it } from 'vitest';
import type { Mode } from './layout';
import { samplePicture } from './sample';
import { buildScene, linksOfStep, outsideWords } from './scene';
import { change } from './sequence';

const SIZES: [number, number, Mode][] = [
  [1056, 772, 'wide'],
  [896, 672, 'wide'],
  [1024, 640, 'wide'],
  [1536, 900, 'wide'],
  [400, 560, 'sequence'],
  [400, 560, 'memory'],
  [400, 560, 'words'],
];

describe.each(SIZES)('a picture of %i × %i, %s', (width, height, mode) => {
  it.each([2, 8, 12, 30])('keeps everything apart and inside with %i clusters', (k) => {
    const scene = buildScene(samplePicture({ k }), { width, height }, mode);
    const { sequence, memory, words } = scene.columns;
    const edges = [
      sequence && [sequence.x, sequence.x + sequence.width],
      memory && [memory.x, memory.x + memory.width],
      words && [words.spine, words.x + words.width],
    ].filter(Boolean) as [number, number][];
    edges.forEach(([left, right], i) => {
      expect(left).toBeGreaterThanOrEqual(i ? edges[i - 1]![1] + 20 : 0);
      expect(right).toBeLessThanOrEqual(width);
    });
    if (sequence?.track) {
      const last = sequence.glyphX + (k - 1) * sequence.pitch + sequence.bar;
      expect(last).toBeLessThan(sequence.track.x);
      expect(sequence.bar).toBeGreaterThanOrEqual(3);
    }
    const chips = scene.chips?.list ?? [];
    chips.forEach((chip, i) => {
      if (i) expect(chip.y).toBeGreaterThan(chips[i - 1]!.y + chips[i - 1]!.height);
      for (const cell of chip.cells) {
        expect(cell.x).toBeGreaterThanOrEqual(chip.x);
        expect(cell.x + scene.chips!.cell).toBeLessThanOrEqual(chip.x + chip.width);
        expect(cell.y + scene.chips!.cell).toBeLessThanOrEqual(chip.y + chip.height);
      }
    });
    const clouds = scene.clouds?.list ?? [];
    clouds.forEach((cloud, i) => {
      if (i) expect(cloud.y).toBeGreaterThanOrEqual(clouds[i - 1]!.y + clouds[i - 1]!.height);
      for (const word of cloud.words) {
        expect(word.x).toBeGreaterThanOrEqual(cloud.x);
        expect(word.x + word.width).toBeLessThanOrEqual(cloud.x + cloud.width + 0.01);
        if (cloud.note && word.baseline > cloud.note.y + 4)
          expect(word.x + word.width).toBeLessThanOrEqual(cloud.note.x);
      }
    });
    if (mode === 'wide' && k <= 12) expect(scene.boardHeight).toBeLessThanOrEqual(height + 1);
  });
});

describe('the numbers drawn', () => {
  const data = samplePicture();
  const scene = buildScene(data, { width: 1056, height: 772 }, 'wide');

  it('gives each chip the mean of its own units, and each unit to one chip', () => {
    const seen = scene.chips!.list.flatMap((chip) => chip.cells.map((cell) => cell.unit));
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
    for (const chip of scene.chips!.list) {
      const values = chip.cells.map((cell) => data.focusValues![cell.unit]!);
      expect(chip.amount).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length, 6);
      expect(chip.cells.map((cell) => cell.value)).toEqual(values);
    }
  });

  it('links the pinned step to every chip by that mean', () => {
    const links = linksOfStep(scene, data.step!, 400, 1);
    expect(links.map((link) => link.value)).toHaveLength(8);
    links.forEach((link, i) => {
      expect(link.value).toBeCloseTo(scene.chips!.list[i]!.amount, 6);
      const sum = scene.sequence!.rows[data.step!]!.bars[i]!;
      expect(sum.deltaP + sum.deltaN).toBeCloseTo(link.value, 6);
    });
    expect([...change(data.sequence!, data.step!)]).toEqual([...data.focusValues!]);
  });

  it('draws the links whose block mean reaches the threshold, as wide as they are strong', () => {
    const { list, cutoff, total } = scene.links!;
    const strong = [...data.clustering.blockMeans].filter((value) => Math.abs(value) >= cutoff);
    expect(total).toBe(64);
    expect(list).toHaveLength(strong.length);
    const ratio = list[0]!.width / Math.abs(list[0]!.value);
    for (const link of list) {
      expect(link.value).toBeCloseTo(data.clustering.blockMeans[link.wordCluster * 8 + link.unitCluster]!, 6);
      if (link.width > 0.75) expect(link.width / Math.abs(link.value)).toBeCloseTo(ratio, 4);
    }
  });

  it('has one scale for links of words and of every step', () => {
    const wide = (width: number): boolean => width > 0.75;
    const { alike, blocks } = scene.linkLimits;
    expect(alike).toBe(true);
    const steps = scene.sequence!.rows.flatMap(({ step }) => linksOfStep(scene, step, 400, 1));
    const all = [...scene.links!.list, ...steps];
    expect(Math.max(...all.map(({ value }) => Math.abs(value)))).toBeCloseTo(blocks, 6);
    for (const link of all.filter(({ width }) => wide(width)))
      expect(link.width / Math.abs(link.value)).toBeCloseTo(9 / blocks, 4);
    expect(steps.filter(({ width }) => wide(width)).length).toBeGreaterThan(20);
  });

  it('has two scales where links of words are not what those of steps are', () => {
    const weights = Float32Array.from({ length: 64 }, () => 1);
    const pushed = buildScene({ ...data, weights }, { width: 1056, height: 772 }, 'wide');
    expect(pushed.linkLimits.alike).toBe(false);
    expect(pushed.linkLimits.blocks).toBeCloseTo(Math.max(...data.clustering.blockMeans.map(Math.abs)), 6);
    expect(pushed.linkLimits.steps).toBeCloseTo(pushed.sequence!.amountLimit, 6);
  });

  it('loses no word: drawn and listed ones are all that were grouped', () => {
    for (const cloud of scene.clouds!.list) {
      const ids = [...cloud.words, ...cloud.more].map((word) => word.wordId).sort((a, b) => a - b);
      const members = [...data.clustering.words.ids].filter(
        (_, i) => data.clustering.words.labels[i] === cloud.group.cluster,
      );
      expect(ids).toEqual(members);
    }
  });

  it('sizes all words on one scale', () => {
    const words = scene.clouds!.list.flatMap((cloud) => cloud.words);
    for (const a of words)
      for (const b of words.slice(0, 20))
        if (Math.abs(a.strength) > Math.abs(b.strength)) expect(a.size).toBeGreaterThanOrEqual(b.size);
  });

  it('has no bar that touches a strip', () => {
    const { rowPitch } = scene.columns.sequence!;
    for (const row of scene.sequence!.rows) {
      for (const bar of row.bars) {
        for (const piece of bar.pieces)
          expect(Math.max(Math.abs(piece.from), Math.abs(piece.to)) * scene.sequence!.scale).toBeLessThanOrEqual(
            rowPitch / 2 - 4,
          );
      }
    }
  });

  it('marks words that the model never learned', () => {
    expect(scene.sequence!.rows.filter((row) => row.unknown).map((row) => row.step)).toEqual([2]);
  });

  it('names words that no cloud holds', () => {
    expect(outsideWords(data)).toEqual([]);
    expect(outsideWords({ ...data, step: 2, words: ['w1a', 'zzz'] })).toEqual(['<unk>', 'zzz']);
  });
});

describe('a selected word that found no room', () => {
  it('is laid out first', () => {
    const data = samplePicture({ words: 600 });
    const plain = buildScene({ ...data, words: [], step: null }, { width: 896, height: 560 }, 'wide');
    const hidden = plain.clouds!.list.find((cloud) => cloud.more.length)!.more.at(-1)!;
    const scene = buildScene({ ...data, words: [hidden.text], step: null }, { width: 896, height: 560 }, 'wide');
    const cloud = scene.clouds!.list.find((one) => one.words.some((word) => word.wordId === hidden.wordId))!;
    expect(cloud.words.length + cloud.more.length).toBe(
      plain.clouds!.list.find((one) => one.group.cluster === cloud.group.cluster)!.words.length +
        plain.clouds!.list.find((one) => one.group.cluster === cloud.group.cluster)!.more.length,
    );
    for (const word of cloud.words) {
      expect(word.baseline - 0.72 * word.size).toBeGreaterThanOrEqual(cloud.y - 1);
      expect(word.baseline).toBeLessThanOrEqual(cloud.y + cloud.height);
    }
  });
});

describe('many units', () => {
  it.each([
    [600, 8],
    [600, 30],
    [2000, 10],
  ])('fits %i units in %i chips', (units, k) => {
    const scene = buildScene(samplePicture({ units, k }), { width: 1056, height: 772 }, 'wide');
    expect(scene.chips!.bottom).toBeLessThanOrEqual(772);
    expect(scene.chips!.list.flatMap((chip) => [...chip.cells])).toHaveLength(units);
  });

  it('gives chips of one height where they are aligned by height', () => {
    const scene = buildScene({ ...samplePicture(), chipAlign: 'height' }, { width: 1056, height: 772 }, 'wide');
    expect(new Set(scene.chips!.list.map((chip) => chip.height)).size).toBe(1);
  });
});

describe('missing parts', () => {
  const data = samplePicture();
  const box = { width: 1056, height: 772 };

  it('draws words and chips without a sentence, and a sentence without its states', () => {
    const without = buildScene(
      { ...data, sentence: null, steps: null, sequence: null, step: null, focusValues: null },
      box,
      'wide',
    );
    expect(without.sequence).toBeNull();
    expect(without.chips!.list.every((chip) => Number.isNaN(chip.amount))).toBe(true);
    const stateless = buildScene({ ...data, sequence: null }, box, 'wide');
    expect(stateless.sequence!.rows).toHaveLength(12);
    expect(stateless.sequence!.rows[0]!.bars).toEqual([]);
  });

  it('draws the sentence while the groups are loading', () => {
    const scene = buildScene({ ...data, clustering: null }, box, 'wide');
    expect(scene.chips).toBeNull();
    expect(scene.sequence!.rows).toHaveLength(12);
  });
});
