import type { Measure, TestFigure } from '../../data/comparison';
import { roundUp } from '../../model/scale';
import type { Measures } from '../../state/side.svelte';
import { fixed, percent } from '../chart/format';

/** A measure of both sides as it is drawn: numbers, and their places on one strip. */
export interface MeasureColumn {
  name: string;
  title: string;
  about: string;
  a: number | null;
  b: number | null;
  low: number;
  high: number;
  format: (value: number) => string;
  /** A mark to compare with, on the strip. */
  tick: { value: number; label: string } | null;
  /** Says one thing of the pair instead of one of each. */
  pair: boolean;
}

const SUBJECTS: Record<string, string> = {
  'TF-IDF + logistic regression': 'word counts alone',
  'majority class': 'majority class',
};

const TESTS: Record<string, { title: string; baseline: string; format: (value: number) => string }> = {
  accuracy: { title: 'Test accuracy', baseline: 'TF-IDF + logistic regression', format: (value) => `${fixed(100 * value, 1)} %` },
  loss: { title: 'Test loss, nats', baseline: 'majority class', format: (value) => fixed(value, 3) },
  perplexity: { title: 'Test perplexity', baseline: '', format: (value) => fixed(value, 1) },
};

const STATES: Record<string, { title: string; format: (value: number) => string; low: number; high: number | null }> = {
  kept_per_step: { title: 'Kept per step', format: percent, low: 0, high: 1 },
  change_per_step: { title: 'Change per step', format: (value) => fixed(value, 2), low: 0, high: null },
  time_scale_median: { title: 'Time-scale, words', format: (value) => fixed(value, 1), low: 0, high: null },
  effective_dimension_states: { title: 'Directions in use', format: (value) => fixed(value, 1), low: 1, high: null },
};

const ABOUT: Record<string, string> = {
  accuracy: 'Share of the test sentences whose label is the likelier class.',
  loss: 'Mean −ln of the probability of the label, on the test text. Smaller is better.',
  perplexity: 'On the test text. Smaller is better.',
};

function testColumn(name: string, a: TestFigure | null, b: TestFigure | null): MeasureColumn | null {
  const kind = TESTS[name];
  if (!kind || (!a && !b)) return null;
  const baselines = (a ?? b)!.baselines;
  const chosen = baselines.find(({ subject }) => subject === kind.baseline) ?? baselines[0] ?? null;
  const majority = baselines.find(({ subject }) => subject === 'majority class')?.value;
  const values = [a?.value, b?.value, chosen?.value].filter((value) => value !== undefined);
  const low = name === 'accuracy' ? Math.min(majority ?? 0, ...values) : 0;
  const high = name === 'accuracy' ? 1 : Math.max(...values, majority ?? 0);
  return {
    name,
    title: kind.title,
    about: ABOUT[name] ?? '',
    a: a?.value ?? null,
    b: b?.value ?? null,
    low,
    high,
    format: kind.format,
    tick: chosen && { value: chosen.value, label: `${SUBJECTS[chosen.subject] ?? chosen.subject} ${kind.format(chosen.value).replace(' %', '')}` },
    pair: false,
  };
}

function stateColumn(name: string, a: Measure | null, b: Measure | null): MeasureColumn {
  const kind = STATES[name]!;
  const values = [a?.value, b?.value].filter((value) => value !== undefined);
  return {
    name,
    title: kind.title,
    about: (a ?? b)?.about ?? 'This figure was not published.',
    a: a?.value ?? null,
    b: b?.value ?? null,
    low: kind.low,
    high: kind.high ?? Math.max(kind.low + 1e-9, roundUp(Math.max(kind.low, ...values))),
    format: kind.format,
    tick: null,
    pair: false,
  };
}

/** The columns of the table of measures; a figure that was not published keeps its place, without numbers. */
export function measureColumns({ a, b, pair }: Measures): MeasureColumn[] {
  const test = (side: Measures['a'], name: string): TestFigure | null => side.tests.find((one) => one.name === name) ?? null;
  const state = (side: Measures['a'], name: string): Measure | null => side.state.find((one) => one.name === name) ?? null;
  const tests = Object.keys(TESTS)
    .map((name) => testColumn(name, test(a, name), test(b, name)))
    .filter((column) => column !== null);
  return [
    ...tests,
    ...Object.keys(STATES).map((name) => stateColumn(name, state(a, name), state(b, name))),
    {
      name: 'cka',
      title: 'States alike (CKA)',
      about: !pair || pair.cka === null ? 'Not published for these two.' : `Linear centred kernel alignment of both states over ${pair.steps.toLocaleString('en-US')} steps of held-out text: 0 is unrelated, 1 identical.`,
      a: pair?.cka ?? null,
      b: pair?.cka ?? null,
      low: 0,
      high: 1,
      format: (value) => fixed(value, 2),
      tick: null,
      pair: true,
    },
  ];
}
