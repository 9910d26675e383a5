import { expect, it } from 'vitest';
import { announcement, type Announced } from './announce';

const view: Announced = { page: 'Picture', sentence: 'a dull film', pinned: null, words: ['love'], k: 8, model: 'GRU' };
const pinned = { word: 'though', className: 'positive', before: 0.94, after: 0.91 };

it('says what changed and nothing else', () => {
  expect(announcement(view, view)).toBe('');
  expect(announcement(view, { ...view, pinned })).toBe('though pinned, P(positive) .94 to .91');
  expect(announcement({ ...view, pinned }, view)).toBe('No word is pinned');
  expect(announcement(view, { ...view, pinned: { ...pinned, before: null } })).toBe('though pinned, P(positive) .91');
  expect(announcement(view, { ...view, pinned: { ...pinned, className: null } })).toBe('though pinned');
  expect(announcement(view, { ...view, words: ['dull'], k: 5 })).toBe(
    'dull selected. love no longer selected. 5 clusters',
  );
  expect(announcement(view, { ...view, page: 'Units', model: 'LSTM', sentence: 'fine' })).toBe(
    'View: Units. Model: LSTM. Sentence: fine',
  );
});
