import { expect, it } from 'vitest';
import type { MeasureColumn } from './measures';
import { fitting } from './paintMeasures';

const columns = Array.from({ length: 10 }, (_, i) => ({ name: String(i), pair: i === 9 }) as MeasureColumn);

it('keeps as many measures as have room, and that of the pair', () => {
  expect(fitting(columns, 1440)).toEqual(columns);
  expect(fitting(columns, 1024).map(({ name }) => name)).toEqual(['0', '1', '2', '3', '4', '5', '9']);
  expect(fitting(columns.slice(0, 3), 1024)).toHaveLength(3);
});
