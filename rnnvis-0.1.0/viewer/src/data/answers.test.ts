import { expect, test } from 'vitest';
import { answersOf } from './answers';
import type { Source } from './source';
import type { ModelEntry } from './types';

const MODEL = { name: 'm', classes: ['no', 'yes'] } as ModelEntry;

/** A source of one table, or of none; counts how often it is read. */
function source(predictions: Record<string, unknown[]> | null): { source: Source; reads: () => number } {
  let reads = 0;
  const made = {
    owner: () => 0,
    table: () =>
      predictions && {
        rows: 2,
        columns: (start: number, end: number, names: string[]) => {
          reads += 1;
          return Promise.resolve(
            Object.fromEntries(names.map((one) => [one, (predictions[one] ?? []).slice(start, end)])),
          );
        },
      },
  };
  return { source: made as unknown as Source, reads: () => reads };
}

test('answers are found by the number of their sentence, with NaN and −1 for what is not there', async () => {
  const { source: from, reads } = source({
    sentence_id: [7, 3],
    predicted: [0, null],
    p_class: [[0.75, 0.25], null],
    loss: [0.25, null],
  });
  const answers = (await answersOf(from, MODEL))!;
  expect([answers.row.get(7), answers.row.get(3), answers.row.get(0)]).toEqual([0, 1, undefined]);
  expect([...answers.predicted]).toEqual([0, -1]);
  expect([...answers.probabilities]).toEqual([0.75, 0.25, NaN, NaN]);
  expect([...answers.loss]).toEqual([0.25, NaN]);
  expect([...answers.value]).toEqual([NaN, NaN]);
  await answersOf(from, MODEL);
  expect(reads()).toBe(1);
});

test('without the table there are no answers', async () => {
  expect(await answersOf(source(null).source, MODEL)).toBeNull();
});
