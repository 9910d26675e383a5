import { describe, expect, it } from 'vitest';
import type { Quantiles, Sentence, WordResponse } from '../../data/types';
import type { ComparedWord, PinnedEvidence } from '../../data/evidence';
import { answerWords } from '../../wording/answer';
import { svgOf } from '../../ui/exports/svg';
import { panelDrawing } from './paintPanel';
import { panelTable } from './panelTable';

const units = 4;
const hostile = '<img src=x onerror="alert(1)">';
const mean = new Float32Array([0.1, -0.2, 0.3, 0]);
const response: WordResponse = {
  wordId: 1,
  count: 30,
  reliability: 0.98,
  norm: 1,
  mean,
  standardError: mean.map(() => 0.01),
};
const shift = (by: number): Float32Array => mean.map((value) => value + by);
const quantiles: Quantiles = { q09: shift(-0.2), q25: shift(-0.1), q50: mean, q75: shift(0.1), q91: shift(0.2) };
const effect = {
  count: 30,
  effect: -0.4,
  push: -0.5,
  pushStandardError: 0.02,
  quantiles: [-0.9, -0.7, -0.5, -0.3, -0.1] as [number, number, number, number, number],
};
const sentence: Sentence = {
  id: 0,
  key: 'k',
  split: 'probe',
  label: null,
  score: null,
  text: hostile,
  tokens: Int32Array.from([0, 1]),
  surface: ['so', hostile],
};
const evidence: PinnedEvidence = {
  sentence,
  step: 1,
  distances: null,
  steps: {
    length: 2,
    classes: 2,
    pClass: new Float32Array([0.5, 0.5, 0.7, 0.3]),
    followed: 1,
    value: null,
    target: null,
    push: new Float32Array([0, -0.85]),
    loss: null,
    next: null,
    surprise: new Float32Array([50, 90]),
  },
  sequence: {
    length: 2,
    units,
    initial: new Float32Array(units),
    values: new Float32Array([0, 0, 0, 0, 0.2, -0.2, 0.1, 0]),
  },
  response,
  quantiles,
  effect,
  reversed: -0.2,
};
const compared: ComparedWord[] = [
  { text: hostile, wordId: 1, response, quantiles, effect },
  { text: 'rare', wordId: 2, response, quantiles: null, effect: null },
  { text: 'gone', wordId: null, response: null, quantiles: null, effect: null },
];

const answer = answerWords({ kind: 'classifier', classes: ['negative', 'positive'] }, 1);

const panelSvg = (...of: Parameters<typeof panelDrawing>): string => svgOf(panelDrawing(...of));

describe('the panel as a drawing', () => {
  const svg = panelSvg({ evidence, word: hostile, positive: 'positive', answer, compared, source: 'made up' }, 'light');
  it('keeps words of the corpus text', () => {
    expect(svg).not.toContain('<img');
    expect(svg).toContain('&lt;img');
  });
  it('has a number everywhere', () => expect(svg).not.toMatch(/NaN|undefined|Infinity/));
  it('says in every dot what it encodes', () =>
    expect(svg).toMatch(/<circle[^>]*><title>Unit 0\. Rose at this step: \+0\.200\./));
  it('is drawn without a pinned step, and without words', () => {
    expect(panelSvg({ evidence: null, word: '', positive: '', answer, compared, source: '' }, 'dark')).toContain(
      'Words side by side',
    );
    expect(panelSvg({ evidence, word: 'x', positive: '', answer, compared: [], source: '' }, 'dark')).not.toContain(
      'Words side by side',
    );
  });
});

describe('panelTable', () => {
  const chips = new Map([[0, 2]]);
  it('has one row a unit, in the order of the first picture', () => {
    const table = panelTable(evidence, 'x', compared, chips);
    expect(table.rows.map((row) => row[0])).toEqual([2, 0, 3, 1]);
    expect(table.rows[1]![1]).toBe(2);
    expect(table.rows[0]![1]).toBeNull();
  });
  it('names a word once when it is both pinned and selected', () => {
    const names = panelTable(evidence, 'rare', compared, chips).columns.map((column) => column.name);
    expect(names.filter((name) => name === 'rare mean')).toHaveLength(1);
    expect(new Set(names).size).toBe(names.length);
  });
});
