import { expect, test } from 'vitest';
import { FIND } from '../state/find';
import { summaryOf } from './conditions';

const LABELS = ['negative', 'positive'];

test('conditions that are set are named, and none where none is', () => {
  expect(summaryOf({ ...FIND, mode: 'sentences' }, LABELS)).toBeNull();
  expect(
    summaryOf(
      {
        ...FIND,
        mode: 'sentences',
        split: 'test',
        label: 1,
        verdict: 'wrong',
        length: [5, 20],
        loss: [null, 2],
        surprise: [90, null],
      },
      LABELS,
    ),
  ).toBe('from test, positive, wrong, words 5–20, loss to 2, surprise from 90');
});

test('each way to find has its own', () => {
  expect(summaryOf({ ...FIND, mode: 'fires', by: 'unit', threshold: 0.4, below: false, run: 1 }, LABELS)).toBe('≥ 0.4');
  expect(summaryOf({ ...FIND, mode: 'fires', by: 'chip', threshold: -0.4, below: true, run: 3 }, LABELS)).toBe(
    '≤ -0.4, 3 words in a row',
  );
  expect(
    summaryOf({ ...FIND, mode: 'fires', by: 'range', threshold: 0.3, quietBefore: true, quietAfter: false }, LABELS),
  ).toBe('|s| ≥ 0.3, quiet before');
  expect(summaryOf({ ...FIND, mode: 'nearest', metric: 'cosine', onePerSentence: true }, LABELS)).toBe(
    'cosine, one of each sentence',
  );
  expect(summaryOf({ ...FIND, mode: 'concordance', memory: true }, LABELS)).toBe('with what it did to the memory');
});
