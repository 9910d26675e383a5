/** Why the answer is what it is: which words pushed it, through which chips, and what would make it another one. */

import type { Clustering, ModelEntry, SentenceSteps, StateSequence } from '../../data/types';
import type { Ask, Held, StepModel } from '../../infer/types';
import { groups, unitClusters, unitLabels } from '../../model/groups';
import type { Table } from '../../model/csv';
import { chipPushes, strongest } from '../../model/push';
import { unitsOf } from '../../model/switched';
import { pushed, type AnswerWords } from '../../wording/answer';
import { listed } from '../../wording/format';
import { decided, finalAnswer, said, type Quantity } from './answer';
import { without } from './leaveOut';

/** The answer with something left out. */
export interface Otherwise {
  answer: number;
  /** The likeliest class then; null of models without classes. */
  says: number | null;
}

export interface ChipReason extends Otherwise {
  number: number;
  units: readonly number[];
}

export interface Reasons {
  /** Of the sentence. */
  key: string;
  words: readonly string[];
  now: Otherwise;
  /** What each word pushed the score by; null where that is not known. */
  pushes: Float32Array | null;
  /** Number of the chip that the largest part of each push went through, the same way; null where none did. */
  through: readonly (number | null)[];
  /** The answer without each word; null where a sentence would be empty. */
  deleted: readonly (Otherwise | null)[];
  /** The answer with each chip held at zero. */
  chips: readonly ChipReason[];
}

/** Something that would make the answer another one. */
export type Flip = { word: number; then: Otherwise } | { chip: ChipReason };

const SHOWN = 3;

/** The chip that the largest part of each push went through; chips of the shown state alone, by its weights to the answer. */
export function throughChips(
  pushes: Float32Array,
  sequence: StateSequence,
  weights: Float32Array,
  clustering: Clustering,
): (number | null)[] {
  const chips = groups(clustering.units);
  const clusters = unitClusters(clustering);
  const by = chipPushes(sequence, weights, unitLabels(clustering, sequence.units), clusters);
  return Array.from(pushes, (push, step) => {
    const same = chips.filter(({ cluster }) => by[step * clusters + cluster]! * push > 0);
    const size = ({ cluster }: { cluster: number }): number => Math.abs(by[step * clusters + cluster]!);
    return same.sort((a, b) => size(b) - size(a))[0]?.number ?? null;
  });
}

/** Runs the sentence without each word and without each chip. */
export async function reasonsOf(
  key: string,
  words: readonly string[],
  ask: Ask,
  model: Pick<StepModel, 'variants'>,
  entry: ModelEntry,
  clustering: Clustering | null,
  signal?: AbortSignal,
  progress?: (done: number, of: number) => void,
): Promise<Omit<Reasons, 'pushes' | 'through'>> {
  const chips = clustering
    ? groups(clustering.units)
        .filter(({ members }) => members.length)
        .map((group) => ({ number: group.number, units: unitsOf(group, clustering) }))
    : [];
  const shorter = words.map((_, at) => without(ask, at, 'deleted', null));
  const off = chips.map(({ units }): Ask => {
    const held: Held = { state: ask.state, units, value: 'zero' };
    return { ...ask, held: [...(ask.held ?? []), held] };
  });
  const asks = [ask, ...shorter.filter((one) => one !== null), ...off];
  const [now, ...rest] = (await model.variants(asks, progress, signal)).map((steps) => otherwise(entry, steps));
  let next = 0;
  const deleted = shorter.map((one) => (one ? rest[next++]! : null));
  return { key, words, now: now!, deleted, chips: chips.map((chip) => ({ ...chip, ...rest[next++]! })) };
}

function otherwise(entry: ModelEntry, steps: SentenceSteps): Otherwise {
  return { answer: finalAnswer(entry, steps), says: decided(entry, steps) };
}

/** Positions of the words that did the most: by their push, or by the answer without them. */
export function strongestWords({ pushes, deleted, now }: Reasons): number[] {
  return strongest(pushes ?? deleted.map((one) => (one ? one.answer - now.answer : Number.NaN)), SHOWN);
}

export function strongestChips({ chips, now }: Reasons): ChipReason[] {
  return strongest(
    chips.map(({ answer }) => answer - now.answer),
    SHOWN,
  ).map((i) => chips[i]!);
}

/** What flips the answer: single words, then chips from the one with the fewest units on. */
export function flipsOf({ now, deleted, chips }: Reasons): Flip[] {
  const other = (one: Otherwise | null): one is Otherwise => one !== null && one.says !== null && one.says !== now.says;
  return [
    ...deleted.flatMap((then, word): Flip[] => (other(then) ? [{ word, then }] : [])),
    ...chips
      .filter(other)
      .sort((a, b) => a.units.length - b.units.length || a.number - b.number)
      .map((chip): Flip => ({ chip })),
  ].slice(0, 2 * SHOWN);
}

function nameOf({ classes }: Pick<ModelEntry, 'classes'>, says: number | null): string {
  return says === null ? '' : (classes[says] ?? '');
}

/** The same as sentences. */
export function whyLines(why: Reasons, of: Quantity, entry: ModelEntry, answer: AnswerWords): string[] {
  const then = ({ answer: value, says }: Otherwise): string =>
    `${said(value)}${says === null ? '' : `: ${nameOf(entry, says)}`}`;
  const words = strongestWords(why).map((at) => {
    const { pushes, through } = why;
    if (!pushes) return `“${why.words[at]}” (${said(why.deleted[at]!.answer)} without it)`;
    const chip = through[at];
    return `“${why.words[at]}” (${pushed(pushes[at]!, answer)}${chip === null || chip === undefined ? '' : `, above all through chip ${chip}`})`;
  });
  const chips = strongestChips(why).map((chip) => `chip ${chip.number} (${said(chip.answer)} without it)`);
  const flips = flipsOf(why).map((flip) =>
    'chip' in flip
      ? `chip ${flip.chip.number}, ${flip.chip.units.length} units (${then(flip.chip)})`
      : `“${why.words[flip.word]}” (${then(flip.then)})`,
  );
  return [
    `“${why.words.join(' ')}”`,
    `${of.name} is ${then(why.now)}.`,
    ...(words.length ? [`${why.pushes ? 'Pushed most by' : 'Rests most on'} ${listed(words)}.`] : []),
    ...(words.length && why.pushes && answer.note ? [answer.note] : []),
    ...(chips.length ? [`Of the chips, it rests most on ${listed(chips)}.`] : []),
    ...(why.now.says === null
      ? []
      : [flips.length ? `It would flip without ${listed(flips)}.` : 'No single word or chip left out flips it.']),
  ];
}

export function whyTable(why: Reasons, of: Quantity, entry: ModelEntry): Table {
  const says = (one: Otherwise | null): string => (one ? nameOf(entry, one.says) : '');
  const change = (one: Otherwise | null): number => (one ? one.answer - why.now.answer : Number.NaN);
  return {
    caption: `Why: ${of.name}`,
    columns: [
      { name: 'left out', about: 'A word that is deleted, or a chip that is held at zero', corpus: true },
      { name: 'push', about: 'What the word pushed the score by', digits: 4 },
      { name: 'through chip', about: 'The chip that the largest part of the push went through' },
      { name: 'answer', about: `${of.name} without it`, digits: 4 },
      { name: 'change', about: 'Against the whole sentence', digits: 4 },
      { name: 'says', about: 'The likeliest class then' },
    ],
    rows: [
      ['nothing', Number.NaN, '', why.now.answer, 0, says(why.now)],
      ...why.words.map((word, i) => {
        const one = why.deleted[i] ?? null;
        const push = why.pushes?.[i] ?? Number.NaN;
        return [word, push, why.through[i] ?? '', one?.answer ?? Number.NaN, change(one), says(one)];
      }),
      ...why.chips.map((chip) => [`chip ${chip.number}`, Number.NaN, '', chip.answer, change(chip), says(chip)]),
    ],
  };
}
