/** Why the answer is what it is: which words made it, through which chips, what is left of them, and what would make it another one. */

import { meansOf } from '../../data/answer';
import type { Clustering, ModelEntry, Vocabulary } from '../../data/types';
import type { Ask, Held, Progress, StepModel } from '../../infer/types';
import type { Table } from '../../model/csv';
import { strongest } from '../../model/push';
import { unitsOf } from '../../model/switched';
import { pushed, type AnswerWords } from '../../wording/answer';
import { listed, percent, signed } from '../../wording/format';
import { aimed, answerOf, canLeaveOut, reach, sayingOf, type Aim } from './aim';
import { said, type Otherwise } from './answer';
import { without } from './leaveOut';
import { gatedOf } from '../../model/gated';
import { bySwitchingOff, byWeights, chipsOf, inAnswer, leftOfWords, type Parts } from './parts';

export interface ChipReason extends Otherwise {
  number: number;
  units: readonly number[];
}

export interface Reasons {
  /** Of the sentence, the answer and the chips. */
  key: string;
  aim: Aim;
  /** The words that may have a part in the answer. */
  words: readonly string[];
  now: Otherwise;
  /** Words × chips; null where units are not grouped. */
  parts: Parts | null;
  /** Of what each word wrote into the memory, the share that is left at the end; null where no gate says so. */
  left: Float64Array | null;
  /** What of each word is in the score at the end; null where that is not known. */
  inAnswer: Float32Array | null;
  /** The answer without each word; null where it cannot be asked for. */
  deleted: readonly (Otherwise | null)[];
  /** The answer with each chip held at zero. */
  chips: readonly ChipReason[];
}

/** Something that would make the answer another one. */
export type Flip = { word: number; then: Otherwise } | { chip: ChipReason };

/** What a model is, and how it is looked at. */
export interface Looked {
  model: StepModel;
  entry: ModelEntry;
  clustering: Clustering | null;
  /** By which a linear head reads the shown state; null where it does not, or is not linear. */
  weights: Float32Array | null;
}

const SHOWN = 3;

/** The weights by which an answer at the end is taken apart exactly; null of other heads and other answers. */
export function exactWeights(entry: ModelEntry, aim: Aim, weights: Float32Array | null): Float32Array | null {
  return aim.step === null && entry.answer?.effects !== 'first order' ? weights : null;
}

/** Runs the sentence without each word, without each chip, and for what each chip took in at each word. */
export async function reasonsOf(
  key: string,
  surface: readonly string[],
  ask: Ask,
  aim: Aim,
  { model, entry, clustering, weights }: Looked,
  signal?: AbortSignal,
  progress?: Progress,
): Promise<Reasons> {
  const words = surface.slice(0, reach(entry, aim, surface.length));
  const base = aimed(entry, aim, ask);
  const shorter = words.map((_, at) => {
    // Of a model that reads vectors no word can be left out.
    const rest =
      model.words !== null && canLeaveOut(entry, aim, at, surface.length) ? without(ask, at, 'deleted', null) : null;
    return rest && aimed(entry, aim, rest, at);
  });
  const chips = clustering
    ? chipsOf(clustering).map((group) => ({ number: group.number, units: unitsOf(group, clustering) }))
    : [];
  const off = chips.map(({ units }): Ask => {
    const held: Held = { state: ask.state, units, value: 'zero' };
    return { ...base, held: [...(base.held ?? []), held] };
  });
  const asks = [base, ...shorter.filter((one) => one !== null), ...off];
  const [now, ...rest] = (await model.variants(asks, progress, signal)).map((steps) => answerOf(entry, aim, steps));
  let next = 0;
  const deleted = shorter.map((one) => (one ? rest[next++]! : null));
  const reasons = chips.map((chip) => ({ ...chip, ...rest[next++]! }));
  const ran = await model.run({ ...base, gates: true, lane: 'why' });
  const parts = clustering
    ? ((weights && byWeights(ran.steps, ran.sequence, weights, clustering)) ??
      (await bySwitchingOff(base, words.length, model, clustering, signal, progress)))
    : null;
  const gated = gatedOf(ran, ask.state);
  return {
    key,
    aim,
    words,
    now: now!,
    parts,
    left: gated && leftOfWords(gated, words.length),
    inAnswer: gated && weights && inAnswer(gated, weights),
    deleted,
    chips: reasons,
  };
}

/** Positions of the words that did the most: by their push, or by the answer without them. */
export function strongestWords({ parts, deleted, now }: Reasons): number[] {
  return strongest(parts?.whole ?? deleted.map((one) => (one ? one.answer - now.answer : Number.NaN)), SHOWN);
}

/** Number of the chip that the largest part of a word went through, the same way; null where none did. */
export function throughChip({ parts }: Reasons, word: number): number | null {
  if (!parts) return null;
  const { chips, values, whole } = parts;
  const row = values.subarray(word * chips.length, (word + 1) * chips.length);
  const same = [...row].map((value) => (value * whole[word]! > 0 ? value : 0));
  const [first] = strongest(same, 1);
  return first === undefined ? null : chips[first]!;
}

export function strongestChips({ chips, now }: Reasons): ChipReason[] {
  return strongest(
    chips.map(({ answer }) => answer - now.answer),
    SHOWN,
  ).map((i) => chips[i]!);
}

/** Below this share left it is called overwritten, above the other kept. */
const OVERWRITTEN = 0.1;
const KEPT = 0.4;

/** Of the words before the last: those of which most is left at the end, and those that were overwritten most; the strongest first. */
export function keptAndOverwritten({ left }: Reasons): { kept: number[]; overwritten: number[] } {
  const words = [...(left ?? [])].map((share, word) => ({ share, word })).slice(0, -1);
  const known = words.filter(({ share }) => Number.isFinite(share));
  return {
    kept: known
      .filter(({ share }) => share >= KEPT)
      .sort((a, b) => b.share - a.share || a.word - b.word)
      .slice(0, SHOWN)
      .map(({ word }) => word),
    overwritten: known
      .filter(({ share }) => share <= OVERWRITTEN)
      .sort((a, b) => a.share - b.share || a.word - b.word)
      .slice(0, SHOWN)
      .map(({ word }) => word),
  };
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

/** `+0.31 in log-odds`, with what it is towards where that has a name. */
export function partText(value: number, { parts, aim }: Reasons, words: AnswerWords): string {
  if (parts?.by === 'weights') return pushed(value, words);
  if (aim.step === null) return pushed(value, { ...words, unit: aim.unit });
  return `${signed(value)}${aim.unit && ` ${aim.unit}`}`;
}

/** How the table of words and chips was made, in a sentence. */
export function partsNote({ parts, aim }: Reasons, words: AnswerWords): string {
  if (!parts) return 'The units of this state are not grouped.';
  if (parts.by === 'weights')
    return `Exact: the head is linear. With what stood before the first word, all squares add up to the score${words.unit && `, ${words.unit}`}.`;
  return `A square: how much higher the score is${aim.unit && `, ${aim.unit}`}, than where that chip takes in nothing at that word. These do not add up.`;
}

/** The same as sentences. */
export function whyLines(
  why: Reasons,
  entry: ModelEntry,
  vocabulary: Vocabulary | null,
  answer: AnswerWords,
): string[] {
  const { aim, parts, left } = why;
  const word = (at: number): string => `“${why.words[at]}”`;
  const then = ({ answer: value, says }: Otherwise): string =>
    `${said(value)}${says === null ? '' : `: ${sayingOf(entry, vocabulary, says)}`}`;
  const words = strongestWords(why).map((at) => {
    if (!parts) return `${word(at)} (${said(why.deleted[at]!.answer)} without it)`;
    const chip = throughChip(why, at);
    return `${word(at)} (${partText(parts.whole[at]!, why, answer)}${chip === null ? '' : `, above all through chip ${chip}`})`;
  });
  const { kept, overwritten } = keptAndOverwritten(why);
  const share = (at: number): string => `${word(at)} (${percent(left![at]!)})`;
  const chips = strongestChips(why).map((chip) => `chip ${chip.number} (${said(chip.answer)} without it)`);
  const flips = flipsOf(why).map((flip) =>
    'chip' in flip
      ? `chip ${flip.chip.number}, ${flip.chip.units.length} units (${then(flip.chip)})`
      : `${word(flip.word)} (${then(flip.then)})`,
  );
  return [
    `“${why.words.join(' ')}”`,
    `${aim.of.name} is ${then(why.now)}.`,
    ...(words.length ? [`${parts ? 'Pushed most by' : 'Rests most on'} ${listed(words)}.`] : []),
    ...(parts ? [partsNote(why, answer)] : []),
    ...(kept.length
      ? [`Of what it wrote into the memory, most is left at the end of ${listed(kept.map(share))}.`]
      : []),
    ...(overwritten.length ? [`Overwritten: ${listed(overwritten.map(share))}.`] : []),
    ...(chips.length ? [`Of the chips, it rests most on ${listed(chips)}.`] : []),
    ...(why.now.says === null
      ? []
      : [flips.length ? `It would flip without ${listed(flips)}.` : 'No single word or chip left out flips it.']),
  ];
}

/** Words × chips, as a table. */
export function partsTable(why: Reasons, answer: AnswerWords): Table[] {
  const { parts, words, left } = why;
  if (!parts) return [];
  const { chips, values, others, whole, sum } = parts;
  const unit = parts.by === 'weights' ? answer.unit : why.aim.unit;
  const blank = chips.map(() => null);
  const about =
    parts.by === 'weights'
      ? 'What the word pushed the score by through the chip'
      : 'The score, less the one where the chip takes in nothing at the word';
  const line = (word: string, value: number) => [
    word,
    ...blank,
    ...(others ? [null] : []),
    value,
    ...(left ? [null] : []),
    ...(why.inAnswer ? [null] : []),
  ];
  return [
    {
      caption: `Words × chips: ${why.aim.of.name}${unit && `, ${unit}`}`,
      columns: [
        { name: 'word', about: 'The word', corpus: true },
        ...chips.map((number) => ({ name: `chip ${number}`, about, digits: 4 })),
        ...(others ? [{ name: 'other', about: 'Through units of no chip, and of other states', digits: 4 }] : []),
        {
          name: parts.by === 'weights' ? 'sum' : 'all chips',
          about: parts.by === 'weights' ? 'The whole push of the word' : 'With no chip taking in anything at the word',
          digits: 4,
        },
        ...(left ? [{ name: 'left', about: 'Share of what the word wrote that is left at the end', digits: 4 }] : []),
        ...(why.inAnswer
          ? [{ name: 'in the answer', about: 'What of the word is in the score at the end', digits: 4 }]
          : []),
      ],
      rows: [
        ...(sum ? [line('(before the first word)', sum.before)] : []),
        ...words.map((word, at) => [
          word,
          ...chips.map((_, i) => values[at * chips.length + i]!),
          ...(others ? [others[at]!] : []),
          whole[at]!,
          ...(left ? [left[at]!] : []),
          ...(why.inAnswer ? [why.inAnswer[at]!] : []),
        ]),
        ...(sum ? [line('(the score)', sum.after)] : []),
      ],
    },
  ];
}

/** The answer without each word and each chip, as a table. */
export function whyTable(why: Reasons, entry: ModelEntry, vocabulary: Vocabulary | null): Table {
  const says = (one: Otherwise | null): string => (one ? sayingOf(entry, vocabulary, one.says) : '');
  const change = (one: Otherwise | null): number => (one ? one.answer - why.now.answer : Number.NaN);
  return {
    caption: `Why: ${why.aim.of.name}`,
    columns: [
      { name: 'left out', about: 'A word that is deleted, or a chip that is held at zero', corpus: true },
      { name: 'answer', about: `${why.aim.of.name} without it`, digits: 4 },
      { name: 'change', about: 'Against the whole sentence', digits: 4 },
      { name: 'says', about: `The likeliest ${meansOf(entry) === 'next word' ? 'word' : 'class'} then` },
    ],
    rows: [
      ['nothing', why.now.answer, 0, says(why.now)],
      ...why.words.map((word, i) => {
        const one = why.deleted[i] ?? null;
        return [word, one?.answer ?? Number.NaN, change(one), says(one)];
      }),
      ...why.chips.map((chip) => [`chip ${chip.number}`, chip.answer, change(chip), says(chip)]),
    ],
  };
}
