import type { Measure, TestFigure } from '../../data/comparison';
import { PAIR_FIGURE, STATE_FIGURES, SUBJECTS, TEST_FIGURES } from '../../data/figures';
import type { FigureSpec } from '../../data/said';
import { roundUp } from '../../model/scale';
import type { Measures } from '../../state/side.svelte';
import { numberText } from '../../wording/numbers';

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

function testColumn(spec: FigureSpec, a: TestFigure | null, b: TestFigure | null): MeasureColumn | null {
  if (!a && !b) return null;
  const baselines = (a ?? b)!.baselines;
  const chosen = baselines.find(({ subject }) => subject === spec.baseline) ?? baselines[0] ?? null;
  const majority = baselines.find(({ subject }) => subject === 'majority class')?.value;
  const values = [a?.value, b?.value, chosen?.value].filter((value) => value !== undefined);
  const format = numberText(spec);
  return {
    ...columnOf(spec, a?.value, b?.value),
    low: spec.high === null ? spec.low : Math.min(majority ?? spec.low, ...values),
    high: spec.high ?? Math.max(...values, majority ?? 0),
    tick: chosen && {
      value: chosen.value,
      label: `${SUBJECTS[chosen.subject] ?? chosen.subject} ${format(chosen.value).replace(' %', '')}`,
    },
  };
}

function stateColumn(spec: FigureSpec, a: Measure | null, b: Measure | null): MeasureColumn {
  return { ...columnOf(spec, a?.value, b?.value), about: (a ?? b)?.about ?? 'This figure was not published.' };
}

/** A figure on a strip from its lowest value to its highest, or to a round number beyond both. */
function columnOf(spec: FigureSpec, a: number | undefined, b: number | undefined): MeasureColumn {
  const values = [a, b].filter((value) => value !== undefined);
  return {
    name: spec.name,
    title: spec.title,
    about: spec.about,
    a: a ?? null,
    b: b ?? null,
    low: spec.low,
    high: spec.high ?? Math.max(spec.low + 1e-9, roundUp(Math.max(spec.low, ...values))),
    format: numberText(spec),
    tick: null,
    pair: false,
  };
}

/** The columns of the table of measures; a figure that was not published keeps its place, without numbers. */
export function measureColumns({ a, b, pair }: Measures): MeasureColumn[] {
  const test = (side: Measures['a'], name: string): TestFigure | null =>
    side.tests.find((one) => one.name === name) ?? null;
  const state = (side: Measures['a'], name: string): Measure | null =>
    side.state.find((one) => one.name === name) ?? null;
  const tests = TEST_FIGURES.map((spec) => testColumn(spec, test(a, spec.name), test(b, spec.name))).filter(
    (column) => column !== null,
  );
  const cka = pair?.cka ?? undefined;
  return [
    ...tests,
    ...STATE_FIGURES.map((spec) => stateColumn(spec, state(a, spec.name), state(b, spec.name))),
    {
      ...columnOf(PAIR_FIGURE, cka, cka),
      about:
        !pair || cka === undefined
          ? 'Not published for these two.'
          : `Linear centred kernel alignment of both states over ${pair.steps.toLocaleString('en-US')} steps of held-out text: 0 is unrelated, 1 identical.`,
      pair: true,
    },
  ];
}
