import { expect, it } from 'vitest';
import { measure } from '../../model/text';
import type { MeasureColumn } from './measures';
import { fitting, measureAt, measuresLayout } from './paintMeasures';

const TITLES = ['Test loss, nats', 'Kept per step', '… and the word before', 'Directions in use', 'States alike (CKA)'];
const columns = Array.from(
  { length: 10 },
  (_, i) => ({ name: String(i), title: TITLES[i % 5], tick: null, pair: i === 9 }) as MeasureColumn,
);

it('keeps as many measures as have room, and that of the pair', () => {
  expect(fitting(columns, 2400)).toEqual(columns);
  const fewer = fitting(columns, 800).map(({ name }) => name);
  expect(fewer.slice(0, -1)).toEqual(Array.from({ length: fewer.length - 1 }, (_, i) => String(i)));
  expect(fewer.length).toBeLessThan(10);
  expect(fewer.at(-1)).toBe('9');
  expect(fitting(columns.slice(0, 3), 1024)).toHaveLength(3);
});

it.each([800, 1024, 1280, 1440])('leaves no name on its neighbour in %i px', (width) => {
  const shown = fitting(columns, width);
  const { places } = measuresLayout(width, shown);
  const ends = shown.map(({ title }, i) => places[i]!.x + measure(title, 'interface', 12).width);
  places.slice(1).forEach(({ x }, i) => expect(x - ends[i]!).toBeGreaterThan(12));
  expect(ends.at(-1)).toBeLessThanOrEqual(width);
  places.forEach(({ x }, i) => expect(measureAt(x + 1, width, shown)).toBe(i));
  expect(measureAt(0, width, shown)).toBeNull();
});
