import { expect, it } from 'vitest';
import { place } from './place';

const card = { width: 300, height: 200 };
const view = { width: 1000, height: 800 };

it('stands beside what it speaks of, and never outside the window', () => {
  expect(place({ left: 100, top: 100, width: 200, height: 100 }, card, view)).toEqual({ left: 314, top: 100 });
  expect(place({ left: 700, top: 700, width: 290, height: 90 }, card, view)).toEqual({ left: 386, top: 588 });
  expect(place({ left: 10, top: 10, width: 980, height: 200 }, card, view)).toEqual({ left: 12, top: 224 });
  expect(place({ left: 10, top: 500, width: 980, height: 290 }, card, view)).toEqual({ left: 12, top: 286 });
  expect(place({ left: 0, top: 0, width: 1000, height: 800 }, card, view)).toEqual({ left: 688, top: 588 });
});
