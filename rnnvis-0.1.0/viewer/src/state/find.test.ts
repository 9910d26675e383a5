import { describe, expect, it } from 'vitest';
import { FIND, freshFind, readFind, writeFind, type FindState } from './find';

const full: FindState = {
  mode: 'fires',
  text: "'; DROP TABLE sentences; -- 100 % _ \\ \0 🎬 שלום",
  match: 'letters',
  split: 'test',
  label: 1,
  verdict: 'wrong',
  length: [3, null],
  loss: [null, 0.25],
  surprise: [50, 100],
  order: 'loss',
  phrase: 'not : very',
  lines: 'left',
  memory: true,
  by: 'chip',
  unit: 33,
  chip: 4,
  below: true,
  threshold: -0.125,
  run: 3,
  quietBefore: false,
  quietAfter: false,
  metric: 'euclidean',
  onePerSentence: false,
};

describe('the link of what is looked for', () => {
  it('restores every choice, hostile text among them', () => {
    expect(readFind(writeFind(full))).toEqual(full);
    expect(writeFind(FIND)).toBe('');
    expect(readFind('')).toEqual(FIND);
  });

  it.each([
    'm:unheard',
    'zz:1',
    '__proto__:x',
    'u:1;u:2',
    'u:-1',
    'h:NaN',
    'h:1e9',
    'n:1',
    'n:1~2~3',
    `t:${'a'.repeat(201)}`,
    't:%E0%A4%A',
    'w:yes',
    'nothing',
  ])('refuses %s', (value) => expect(() => readFind(value)).toThrow());
});

describe('how a text is read', () => {
  it('is by words at first, and by letters in links of before there was a choice', () => {
    expect(FIND.match).toBe('words');
    expect(readFind('t:but').match).toBe('letters');
    for (const match of ['words', 'letters'] as const)
      for (const text of ['', 'but']) expect(readFind(writeFind({ ...FIND, match, text })).match).toBe(match);
  });
});

it('a new search drops the conditions of an earlier one of its kind alone', () => {
  const mixed = { ...full, ...freshFind('sentences') };
  expect(mixed).toMatchObject({ label: null, split: '', verdict: 'any', text: '', match: 'words', loss: [null, null] });
  expect(mixed).toMatchObject({ phrase: full.phrase, memory: true, threshold: full.threshold });
});
