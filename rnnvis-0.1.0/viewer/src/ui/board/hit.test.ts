import { describe, expect, it } from 'vitest';
import { samplePicture } from '../../model/sample';
import { buildScene } from '../../model/scene';
import { LIGHT } from '../../paint/colour';
import { describe as say, type Facts } from '../../wording/describe';
import { plain } from '../../wording/tip';
import { hitTest } from './hit';
import { sideLook, type Look } from '../../paint/look';

const data = samplePicture();
const scene = buildScene(data, { width: 1056, height: 772 }, 'wide');
const look: Look = {
  theme: LIGHT,
  hover: null,
  held: null,
  step: data.step,
  range: null,
  wordIds: [],
  pinnedWord: null,
  pinnedCloud: null,
  units: [],
  colourWords: 'none',
  effects: null,
  speech: null,
  linkWidth: 1,
  stepShown: true,
  scroll: { sequence: 0, board: 0 },
  progress: 1,
};
const facts: Facts = { data, scene, focus: 'step', focusWord: null, responses: new Map(), effects: () => -0.5 };
const column = scene.columns.sequence!;

describe('hitTest', () => {
  it('finds a row, and a bar in it, scrolled or not', () => {
    const point = { x: column.glyphX + 2 * column.pitch + 3, y: column.top + 3.5 * column.rowPitch };
    const third = data.clustering.units.order[2]!;
    expect(hitTest(scene, point, look)).toEqual({ kind: 'step', step: 3, cluster: third });
    expect(hitTest(scene, { ...point, x: 30 }, look)).toEqual({ kind: 'step', step: 3, cluster: null });
    const scrolled = { ...look, scroll: { sequence: 2 * column.rowPitch, board: 0 } };
    expect(hitTest(scene, point, scrolled)).toEqual({ kind: 'step', step: 5, cluster: third });
  });

  it('finds every cell of every chip, and chips between cells', () => {
    for (const chip of scene.chips!.list) {
      expect(hitTest(scene, { x: chip.x + 3, y: chip.y + 3 }, look)).toEqual({
        kind: 'chip',
        cluster: chip.group.cluster,
        unit: null,
      });
      for (const cell of chip.cells) {
        expect(hitTest(scene, { x: cell.x + 5, y: cell.y + 5 }, look)).toEqual({
          kind: 'chip',
          cluster: chip.group.cluster,
          unit: cell.unit,
        });
      }
    }
  });

  it('finds every word, clouds beside them and links between', () => {
    for (const cloud of scene.clouds!.list) {
      for (const word of cloud.words) {
        expect(hitTest(scene, { x: word.x + word.width / 2, y: word.baseline - 3 }, look)).toEqual({
          kind: 'word',
          wordId: word.wordId,
          cluster: cloud.group.cluster,
        });
      }
      expect(hitTest(scene, { x: scene.columns.words!.spine, y: cloud.y + 1 }, look)).toMatchObject({
        kind: 'cloud',
        cluster: cloud.group.cluster,
      });
    }
    const link = scene.links!.list[0]!;
    expect(hitTest(scene, { x: link.x0 + 4, y: link.y0 }, look)).toMatchObject({ kind: 'link' });
  });

  it('finds nothing in the heads', () => {
    expect(hitTest(scene, { x: 500, y: 20 }, look)).toBeNull();
  });
});

describe('tooltips', () => {
  const text = (hover: Parameters<typeof say>[0]): string => plain(say(hover, facts)!);

  it('say of a row what happened there', () => {
    expect(text({ kind: 'step', step: 5, cluster: null })).toMatch(
      /word 6 of 12\. P\(positive\) 0\.\d\d → 0\.\d\d\. \d+ % of the memory was kept\. Moved most: chip \d (rose|fell) by \d\.\d+, chip/,
    );
    expect(text({ kind: 'step', step: 2, cluster: null })).toContain('Not in the vocabulary, read as <unk>.');
  });

  it('say of a chip how it moved and what moves it', () => {
    const chip = scene.chips!.list.find((one) => one.cells.length > 1)!;
    const said = text({ kind: 'chip', cluster: chip.group.cluster, unit: null });
    expect(said).toContain(`Chip ${chip.group.number}, ${chip.cells.length} units`);
    expect(said).toContain(
      `${chip.amount < 0 ? 'Fell' : 'Rose'} by ${Math.abs(chip.amount).toFixed(2)} on average at “`,
    );
    expect(said).toMatch(/Raised most by w\d+\w* and w\d+\w*; lowered most by/);
  });

  it('say of a word, a cloud, a link and a unit their numbers', () => {
    const cloud = scene.clouds!.list[0]!;
    const word = cloud.words[0]!;
    expect(text({ kind: 'word', wordId: word.wordId, cluster: cloud.group.cluster })).toContain(
      'Effect on the verdict −0.50 in log-odds',
    );
    expect(text({ kind: 'cloud', cluster: cloud.group.cluster })).toMatch(/^Words 1, \d+ words/);
    const link = scene.links!.list[0]!;
    expect(text({ kind: 'link', wordCluster: link.wordCluster, unitCluster: link.unitCluster })).toContain(
      Math.abs(link.value).toFixed(3),
    );
    const cell = scene.chips!.list[0]!.cells.at(0)!;
    expect(text({ kind: 'chip', cluster: scene.chips!.list[0]!.group.cluster, unit: cell.unit })).toContain(
      `Unit ${cell.unit}, in chip 1`,
    );
  });

  it('name an unstable group', () => {
    expect(text({ kind: 'chip', cluster: 0, unit: null })).toContain(
      'Unstable: in two halves of the text it agrees only to 30 %.',
    );
  });
});

function paired(step: number | null, step2: number | null): ReturnType<typeof samplePicture> {
  const data = samplePicture();
  const other = samplePicture({ tokens: 9 });
  const values = other.sequence!.values.map((value) => value * 0.5);
  return {
    ...data,
    step,
    second: { sentence: other.sentence!, steps: other.steps, sequence: { ...other.sequence!, values }, step: step2 },
  };
}

describe('two sentences', () => {
  it('are told apart under the pointer', () => {
    const scene = buildScene(paired(5, 7), { width: 1056, height: 772 }, 'wide');
    const pairLook = {
      hover: null,
      step: 5,
      step2: 7,
      range: [1, 2],
      stepShown: true,
      scroll: { sequence: 0, board: 0 },
      linkWidth: 1,
    } as unknown as Look;
    const column = scene.columns.second!;
    const y = column.top + scene.second!.rows[3]!.y;
    expect(hitTest(scene, { x: column.x + 4, y }, pairLook)).toEqual({
      kind: 'step',
      step: 3,
      cluster: null,
      second: true,
    });
    expect(hitTest(scene, { x: scene.columns.sequence!.x + 4, y }, pairLook)).toMatchObject({ kind: 'step', step: 1 });
    const bar = scene.difference!.bars[2]!;
    expect(hitTest(scene, { x: bar.x, y: scene.difference!.middle }, pairLook)).toEqual({
      kind: 'difference',
      cluster: bar.cluster,
    });
    expect(sideLook(pairLook, true)).toMatchObject({ step: 7, range: null });
    expect(
      sideLook({ ...pairLook, hover: { kind: 'step', step: 1, cluster: null, second: true } }, false).hover,
    ).toBeNull();
  });
});
