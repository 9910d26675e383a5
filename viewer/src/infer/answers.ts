/** What a model answers along a sequence, as published tables have it: see `rnnvis.published.answered`. */

import type { NextWords, SentenceSteps } from '../data/types';
import { refused } from './fault';
import { answersAt, endOf, isLinear, slope } from './head';
import type { Work } from './kernels';
import { classesOf, contrast, largest, logOdds, logProbabilities, logSumExp } from './scores';
import type { Head, Place } from './parts';
import { stateColumns, type StackRun } from './stack';
import type { Ask } from './types';

/** Rows of logits that are held at once. */
const ROWS = 4;
/** Probabilities that an answer may have along a sequence: 64 MB. */
const ROOM = 16 * 1024 * 1024;
const NEXT = 5;
const MOST_NEXT = 100;

/** Answers of a language model that a later run may take over. */
export interface NextRun {
  known: Uint8Array;
  /** ln Σ exp of the logits after each step. */
  all: Float64Array;
  target: Int32Array;
  logP: Float64Array;
  count: number;
  ids: Int32Array;
  probabilities: Float32Array;
}

/** Steps after which there is an answer, of those that were asked for. */
export function answeredSteps(head: Head, ask: Ask, steps: number): Int32Array {
  const first = Math.max(0, ask.answered?.first ?? 0);
  const last = Math.min(steps - 1, ask.answered?.last ?? steps - 1);
  const whole = head.per === 'sequence' && !head.along;
  const from = whole ? Math.max(first, steps - 1) : first;
  return Int32Array.from({ length: Math.max(0, last - from + 1) }, (_, i) => from + i);
}

export function followedOf(head: Head, ask: Ask): number {
  const classes = classesOf(head);
  const chosen = ask.followed ?? null;
  return Math.max(0, chosen === null || classes < 3 ? classes - 1 : Math.min(chosen, classes - 1));
}

/** What is right after each step: −1 where it is not known; null where it never is. Of a number: none. A label is no next word. */
function targetsOf(head: Head, ask: Ask): Int32Array | null {
  const { tokens, target } = ask;
  const steps = tokens.length;
  if (head.means === 'number') return null;
  if (target instanceof Int32Array) {
    if (target.length !== steps) throw refused(`${target.length} targets for ${steps} steps`, 'Give one a step.');
    const wrong = target.find((id) => id >= classesOf(head));
    if (wrong !== undefined) throw refused(`There is no answer ${wrong}`, `They are 0 to ${classesOf(head) - 1}.`);
    return target;
  }
  const label = typeof target === 'number' ? (target < classesOf(head) ? target : -1) : null;
  if (head.means !== 'next word') return label === null ? null : new Int32Array(steps).fill(label);
  const known = (id: number): number => (id < head.size ? id : -1);
  return Int32Array.from({ length: steps }, (_, step) => (step + 1 < steps ? known(tokens[step + 1]!) : -1));
}

/** The answers of a run; `earlier` are those of a run whose first `same` steps were these. */
export function* answersOf(
  head: Head,
  ask: Ask,
  run: StackRun,
  earlier: NextRun | null,
  same: number,
): Work<{ steps: SentenceSteps; next: NextRun | null }> {
  const words = answeredSteps(head, ask, run.steps);
  const target = targetsOf(head, ask);
  const blank = blankSteps(head, ask, run.steps);
  if (head.means === 'next word') {
    const next = yield* nextWords(head, ask, run, words, target!, earlier, same);
    return { steps: { ...blank, target, ...saidOf(next) }, next };
  }
  const steps: SentenceSteps = { ...blank, target };
  const values = yield* answersAt(head, run, words);
  const loss = new Float32Array(run.steps).fill(Number.NaN);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (head.means === 'number') {
      steps.value![word] = values[i]!;
      if (typeof ask.target === 'number') loss[word] = (values[i]! - ask.target) ** 2;
      continue;
    }
    const logs = logProbabilities(head, values, i);
    steps.pClass!.set(logs.map(Math.exp), word * logs.length);
    const right = target?.[word] ?? -1;
    if (right >= 0) loss[word] = -logs[right]!;
  }
  steps.loss = loss.some((value) => !Number.isNaN(value)) ? loss : null;
  steps.push = yield* pushes(head, run, contrast(head, steps.followed));
  return { steps, next: null };
}

function blankSteps(head: Head, ask: Ask, length: number): SentenceSteps {
  const classes = head.means === 'next word' ? 0 : classesOf(head);
  if (classes * length > ROOM)
    throw refused(
      `${classes.toLocaleString('en')} probabilities after each of ${length.toLocaleString('en')} words need too much memory`,
      'Take fewer words.',
    );
  return {
    length,
    pClass: classes ? new Float32Array(length * classes).fill(Number.NaN) : null,
    classes,
    followed: classes ? followedOf(head, ask) : 0,
    value: head.means === 'number' ? new Float32Array(length).fill(Number.NaN) : null,
    target: null,
    push: null,
    loss: null,
    next: null,
    surprise: null,
  };
}

function* nextWords(
  head: Head,
  ask: Ask,
  run: StackRun,
  words: Int32Array,
  target: Int32Array,
  earlier: NextRun | null,
  same: number,
): Work<NextRun> {
  const count = Math.min(head.size, MOST_NEXT, Math.max(1, ask.next ?? NEXT));
  const next: NextRun = {
    known: new Uint8Array(run.steps),
    all: new Float64Array(run.steps),
    target,
    logP: new Float64Array(run.steps).fill(Number.NaN),
    count,
    ids: new Int32Array(run.steps * count).fill(-1),
    probabilities: new Float32Array(run.steps * count).fill(Number.NaN),
  };
  const old = earlier?.count === count ? earlier : null;
  for (let word = 0; old && word < same; word++) if (old.known[word]) yield* taken(head, run, word, next, old);
  const anew = words.filter((word) => !next.known[word]);
  // A graph of all words gives the answers after all of them at once.
  const rows = head.at === 'whole' ? Math.max(1, anew.length) : ROWS;
  for (let at = 0; at < anew.length; at += rows) {
    const block = anew.slice(at, at + rows);
    const values = yield* answersAt(head, run, block);
    block.forEach((word, i) => read(values, i * head.size, head.size, word, next));
    yield;
  }
  return next;
}

/** Takes over what an earlier run knew after a word; of another word that came, one product more. */
function* taken(head: Head, run: StackRun, word: number, next: NextRun, earlier: NextRun): Work<void> {
  const { count } = next;
  next.known[word] = 1;
  next.all[word] = earlier.all[word]!;
  next.ids.set(earlier.ids.subarray(word * count, (word + 1) * count), word * count);
  next.probabilities.set(earlier.probabilities.subarray(word * count, (word + 1) * count), word * count);
  const id = next.target[word]!;
  if (id === earlier.target[word]) next.logP[word] = earlier.logP[word]!;
  else if (id >= 0) {
    const [logit] = yield* answersAt(head, run, Int32Array.of(word), id, id + 1);
    next.logP[word] = logit! - next.all[word];
  }
}

function read(values: Float32Array, from: number, size: number, word: number, next: NextRun): void {
  const { count } = next;
  const all = logSumExp(values, from, from + size);
  const ids = next.ids.subarray(word * count, (word + 1) * count);
  largest(values, from, from + size, ids);
  next.known[word] = 1;
  next.all[word] = all;
  ids.forEach((id, i) => (next.probabilities[word * count + i] = Math.exp(values[from + id]! - all)));
  const id = next.target[word]!;
  if (id >= 0) next.logP[word] = values[from + id]! - all;
}

function saidOf({ logP, count, ids, probabilities }: NextRun): { loss: Float32Array; next: NextWords } {
  return {
    loss: Float32Array.from(logP, (value) => -value),
    next: { p: Float32Array.from(logP, Math.exp), count, ids, probabilities },
  };
}

/**
 * What each word pushed a score by: the slope of the score at the states after the word, times their change. Of a
 * direction the other one is where the answer reads it. Null where the answer reads no single state.
 */
function* pushes(head: Head, run: StackRun, of: Float64Array): Work<Float32Array | null> {
  if (head.at === 'mean' || head.at === 'max' || head.graph) return null;
  const push = new Float64Array(run.steps);
  const constant = isLinear(head) ? slope(head, new Float32Array(head.width), of) : null;
  for (const back of [false, true]) {
    const moving = (place: Place): boolean => place.layer.reversed === back;
    if (!head.reads.some(moving)) continue;
    for (let word = 0; word < run.steps; word++) {
      if (back && head.at === 'last word' && word < run.steps - 1) continue;
      if (!constant) yield;
      const along = constant ?? slope(head, pointOf(head, run, word, moving), of);
      let at = 0;
      for (const place of head.reads) {
        if (moving(place)) push[word]! += changeAlong(place, run, word, along, at);
        at += place.units;
      }
    }
  }
  return Float32Array.from(push);
}

function pointOf(head: Head, run: StackRun, word: number, moving: (place: Place) => boolean): Float32Array {
  const x = new Float32Array(head.width);
  let at = 0;
  for (const place of head.reads) {
    const row = head.at === 'each' || moving(place) ? word : endOf(head, place, run.steps);
    x.set(stateColumns(place, run).values.subarray(row * place.units, (row + 1) * place.units), at);
    at += place.units;
  }
  return x;
}

function changeAlong(place: Place, run: StackRun, word: number, along: Float64Array, at: number): number {
  const { values, size } = stateColumns(place, run);
  const before = place.layer.reversed ? word + 1 : word - 1;
  const start = before < 0 || before >= run.steps;
  const from = start ? run.layers.get(place.layer.name)!.initial.get(place.part)! : values;
  const base = start ? 0 : before * size;
  let sum = 0;
  for (let u = 0; u < size; u++) sum += along[at + u]! * (values[word * size + u]! - from[base + u]!);
  return sum;
}

/** The one number that is asked of a variant; see `StepModel.without`. NaN where it is not known. */
export function* scoreOf(head: Head, ask: Ask, run: StackRun): Work<number> {
  const whole = head.per === 'sequence';
  if (ask.score || (whole && head.means === 'class')) {
    const step = ask.score?.step ?? run.steps - 1;
    const id = ask.score?.id ?? followedOf(head, ask);
    if (
      !answeredSteps(head, { ...ask, answered: undefined }, run.steps).includes(step) ||
      id < 0 ||
      id >= classesOf(head)
    )
      return Number.NaN;
    return logOdds(head, yield* answersAt(head, run, Int32Array.of(step)), 0, id);
  }
  const { steps } = yield* answersOf(head, ask, run, null, 0);
  if (head.means === 'number') return steps.value![run.steps - 1] ?? Number.NaN;
  const losses = Array.from(steps.loss ?? []).filter((value) => !Number.isNaN(value));
  return losses.reduce((sum, value) => sum + value, 0) / losses.length;
}
