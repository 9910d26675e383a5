import { describe, expect, it } from 'vitest';
import type { SortKey } from '../../state/unitList';
import { columnsShown, leastWidth, tracks, wordsRoom, type Column } from './columns';

const column = (key: SortKey, width: number, measured = true): Column => ({
  key,
  title: key,
  help: '',
  measure: measured ? ({ key } as unknown as Column['measure']) : null,
  width,
  grows: false,
});
const all: Column[] = [
  column('unit', 84, false),
  { ...column('rising', 150, false), grows: true },
  ...(['timeScale', 'gateKeep', 'meanAbsolute', 'labelAuc', 'outputWeight', 'saturation', 'labelBits'] as const).map(
    (key) => column(key, 100),
  ),
];
const keys = (columns: readonly Column[]): SortKey[] => columns.map(({ key }) => key);
const none = new Set<SortKey>();

describe('columnsShown', () => {
  it('takes as many measures as fit, the most telling first, in the order of the table', () => {
    expect(keys(columnsShown(all, null, none, 84 + 150 + 16 + 599))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'gateKeep',
      'meanAbsolute',
      'labelAuc',
      'outputWeight',
    ]);
    expect(keys(columnsShown(all, null, none, 84 + 150 + 16 + 600))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'gateKeep',
      'meanAbsolute',
      'labelAuc',
      'outputWeight',
      'saturation',
    ]);
  });
  it('never exceeds the width, but for four measures', () => {
    for (let width = 700; width < 1200; width += 7)
      expect(leastWidth(columnsShown(all, null, none, width))).toBeLessThanOrEqual(width);
    expect(keys(columnsShown(all, null, none, 0))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'gateKeep',
      'labelAuc',
      'outputWeight',
    ]);
  });
  it('keeps what the order or a filter needs, in both cases', () => {
    expect(keys(columnsShown(all, null, new Set(['labelBits']), 0))).toEqual([
      'unit',
      'rising',
      'timeScale',
      'labelAuc',
      'outputWeight',
      'labelBits',
    ]);
    expect(keys(columnsShown(all, ['saturation'], new Set(['timeScale']), 0))).toEqual([
      'unit',
      'timeScale',
      'saturation',
    ]);
    expect(keys(columnsShown(all, [], none, 2000))).toEqual(['unit']);
  });
});

describe('the tracks', () => {
  it('give the room that is left to the words, else to the measures', () => {
    expect(tracks([all[0]!, all[1]!, all[2]!])).toBe('84px minmax(150px, 1fr) 100px');
    expect(tracks([all[0]!, all[2]!])).toBe('84px minmax(100px, 1fr)');
    expect(wordsRoom([all[0]!, all[1]!, all[2]!], 84 + 150 + 100 + 16 + 30)).toBe(150 + 30 - 16);
  });
});
