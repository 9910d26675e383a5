/** What a published sentence starts from, and whether the model in the page comes to its published answers from there. */

import { DataProblem } from '../data/problem';
import type { Sentence, SentenceSteps, StateSequence } from '../data/types';
import type { StepModel } from '../infer';
import type { Reading } from './reader';

/** States by name before the first step. */
export type Start = Readonly<Record<string, Float32Array>>;

/** Answers are published in float32, of weights that may be float16: they agree to 1e-3. */
const TOLERANCE = 2e-3;

/**
 * The states that a published sentence starts from: of a model that carries its states, where the sentence before ended.
 * Empty of states that the published sample leaves out. `given` is what is known of them. Throws `DataProblem` where the model in the page, started so,
 * does not come to what is published of the sentence, or where nothing that would tell is published.
 */
export async function startOf(
  { source, model: entry }: Reading,
  model: StepModel,
  sentence: Sentence,
  given: Start | null = null,
): Promise<Start> {
  const states = entry.states.filter(({ name }) => model.states.includes(name));
  const [answers, ...sequences] = await Promise.all([
    source.steps(entry, sentence.id, 0),
    ...states.map((state) => source.publishedStates(state, sentence.id)),
  ]);
  const initial: Record<string, Float32Array> = { ...given };
  states.forEach(({ name }, i) => {
    const sequence = sequences[i];
    if (sequence && !given) initial[name] = sequence.initial;
  });
  const ran = await model.run({
    tokens: sentence.tokens,
    sentence: sentence.id,
    state: states[0]!.name,
    initial,
    target: sentence.label,
    next: answers?.next?.count ?? 1,
    lane: `start of ${sentence.key}`,
  });
  const gaps = [
    ...(answers ? [answersApart(answers, ran.steps)] : []),
    ...states.map(({ name }, i) => (sequences[i] ? statesApart(sequences[i], ran.states[name]) : null)),
  ].filter((gap) => gap !== null);
  if (gaps.length && gaps.every((gap) => gap <= TOLERANCE)) return initial;
  if (sequences.every((sequence) => sequence))
    throw new DataProblem(
      'Run in the page, the model does not come to what is published of this sentence',
      entry.title,
      'Publish the folder again with “rnnvis publish”, so that the model and its tables are of one training.',
    );
  throw new DataProblem(
    'The model carries its state from sentence to sentence, and what this sentence started from is not published',
    entry.title,
    'Choose a sentence whose states are published, or type one: that starts from an empty memory.',
  );
}

/** Whether a sentence starts from anything but zeros. */
export function startsFromSomething(start: Start): boolean {
  return Object.values(start).some((state) => state.some((value) => value !== 0));
}

/** How far two answers are from each other at most, where both say something; null where they never do. */
function answersApart(a: SentenceSteps, b: SentenceSteps): number | null {
  return most([
    a.classes === b.classes ? apart(a.pClass, b.pClass) : null,
    apart(a.value, b.value),
    a.pClass || a.value ? null : apart(a.loss, b.loss),
    a.next && b.next && a.next.count === b.next.count ? apart(a.next.probabilities, b.next.probabilities) : null,
  ]);
}

function statesApart(a: StateSequence, b: StateSequence | undefined): number | null {
  return b ? apart(a.values, b.values) : null;
}

/** The largest difference, of numbers above 1 as a share of them; infinite where there are not as many. */
function apart(a: Float32Array | null, b: Float32Array | null): number | null {
  if (!a || !b) return null;
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return most([...a].map((value, i) => gap(value, b[i]!)));
}

function gap(a: number, b: number): number | null {
  return Number.isNaN(a) || Number.isNaN(b) ? null : Math.abs(a - b) / Math.max(1, Math.abs(a));
}

function most(gaps: readonly (number | null)[]): number | null {
  return gaps.reduce((largest, one) => (one === null || (largest !== null && largest >= one) ? largest : one), null);
}
