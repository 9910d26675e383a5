import { describe, expect, it } from 'vitest';
import { sequenceRight } from './layout';
import { pairedRows, shifts } from './pair';
import { samplePicture } from './sample';
import { buildScene } from './scene';

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

const box = { width: 1056, height: 772 };

describe('two sentences', () => {
  it('are moved so that their pinned steps lie on one row', () => {
    expect([shifts(5, 7), shifts(7, 5), shifts(3, 3), shifts(null, 4)]).toEqual([
      [2, 0],
      [0, 2],
      [0, 0],
      [0, 0],
    ]);
    expect(pairedRows(12, 9, [0, 2])).toBe(12);
    const scene = buildScene(paired(5, 7), box, 'wide');
    expect(scene.sequence!.rows[5]!.y).toBe(scene.second!.rows[7]!.y);
    expect(scene.sequence!.shift).toBe(2);
    expect(scene.sequence!.contentHeight).toBe(14 * scene.columns.sequence!.rowPitch);
  });

  it('share one scale, and stand beside each other without touching the board', () => {
    const scene = buildScene(paired(5, 7), box, 'wide');
    const { sequence, second, memory, words } = scene.columns;
    expect(scene.second!.scale).toBe(scene.sequence!.scale);
    expect(sequence!.x + sequence!.width).toBeLessThanOrEqual(second!.x);
    expect(sequenceRight(scene.columns)).toBeLessThan(memory!.x);
    expect(words!.width).toBeGreaterThan(150);
  });

  it('differ, chip by chip, by the mean change of one less that of the other', () => {
    const scene = buildScene(paired(5, 7), box, 'wide');
    for (const [i, bar] of scene.difference!.bars.entries()) {
      expect(bar.value).toBeCloseTo(scene.sequence!.rows[5]!.amounts[i]! - scene.second!.rows[7]!.amounts[i]!, 12);
    }
    expect(buildScene(paired(5, null), box, 'wide').difference).toBeNull();
    expect(buildScene(samplePicture(), box, 'wide').difference).toBeNull();
  });
});
