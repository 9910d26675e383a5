import { expect, it } from 'vitest';
import { place } from './place';

const card = { width: 300, height: 200 };
const view = { width: 1000, height: 800 };

it('goes where it hides least of what the step speaks of', () => {
  const row = { left: 0, top: 300, width: 320, height: 50 };
  const chips = [{ left: 360, top: 100, width: 140, height: 600 }];
  expect(place(row, card, view)).toEqual({ left: 334, top: 300 });
  expect(place(row, card, view, chips)).toEqual({ left: 12, top: 364 });
  expect(place({ ...row, top: 590 }, card, view, chips)).toEqual({ left: 12, top: 376 });
  const cloud = { left: 680, top: 100, width: 300, height: 60 };
  expect(place(cloud, card, view, chips)).toEqual({ left: 680, top: 174 });
});

it('stands beside what it speaks of, and never outside the window', () => {
  expect(place({ left: 100, top: 100, width: 200, height: 100 }, card, view)).toEqual({ left: 314, top: 100 });
  expect(place({ left: 700, top: 700, width: 290, height: 90 }, card, view)).toEqual({ left: 386, top: 588 });
  expect(place({ left: 10, top: 10, width: 980, height: 200 }, card, view)).toEqual({ left: 12, top: 224 });
  expect(place({ left: 10, top: 500, width: 980, height: 290 }, card, view)).toEqual({ left: 12, top: 286 });
  expect(place({ left: 0, top: 0, width: 1000, height: 800 }, card, view)).toEqual({ left: 688, top: 588 });
});
