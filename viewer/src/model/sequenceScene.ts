import type { Clustering, Sentence, SentenceAttention, StateSequence, Vocabulary } from '../data/types';
import type { Signal } from '../data/signal';
import { fit, measure } from './text';
import { bar, pushed, reach, type Bar } from './bars';
import { unitClusters, unitLabels } from './groups';
import { type Columns } from './layout';
import type { AnswerMemory } from '../data/answerMemory';
import { followed } from './followed';
import { BAND, turned } from './half';
import { pairedRows, shifts } from './pair';
import { chipPushes } from './push';
import { largest } from './scale';
import { glyphs, type Glyphs } from './sequence';
import { lineUnder, type NextLine } from './nextWords';
import { notableSteps, track } from './track';
import type { PictureData } from './pictureData';

export interface Row {
  step: number;
  /** As it is written, and as much of it as fits. */
  token: string;
  shown: string;
  size: number;
  shownWidth: number;
  wordId: number;
  unknown: boolean;
  /** Centre, from the top of the scrolled content. */
  y: number;
  /** One bar a chip, in chip order; empty where the states are not published. */
  bars: Bar[];
  /** What is shown of each chip at this step: its mean change, or its push. */
  amounts: number[];
  /** What the word pushed the answer by; null where that is not known. */
  push: number | null;
  /** What the track shows after this word. */
  p: number | null;
  /** The likeliest next word, or the likeliest tag of this one, under it; null of other models. */
  next: NextLine | null;
}

export interface SequenceScene {
  rows: Row[];
  /** Rows that stay empty above the first, so that pinned steps of two sentences lie on one row. */
  shift: number;
  glyphs: Glyphs | null;
  /** Whether bars are pushes, and not what moved. */
  pushed: boolean;
  /** Largest push of a word, of this sentence and the one beside it: the end of the scale of pushes. */
  pushLimit: number;
  /** Largest amount of a chip at any word of either: the end of the scale of step links. */
  amountLimit: number;
  /** Pixels per unit of what the bars show. */
  scale: number;
  contentHeight: number;
  /** What the track shows: `P(positive)`, `P(next word)`; empty without a track. */
  trackName: string;
  /** What its left and right end stand for. */
  trackRange: readonly [number, number];
  /** Whether its points are joined. */
  trackMoves: boolean;
  noted: Set<number>;
  attention: SentenceAttention | null;
  memory: AnswerMemory | null;
  followed: ReturnType<typeof followed>;
  /** What the model was fed; null of words. */
  signal: Signal | null;
}

export const TOKEN_SIZE = 15;
const SMALL_TOKEN = 11;

/** Size of a token: a little smaller where it would not fit otherwise. */
function tokenSize(token: string, width: number): number {
  const { width: wanted } = measure(token, 'corpus', TOKEN_SIZE, 700);
  return wanted <= width ? TOKEN_SIZE : Math.max(SMALL_TOKEN, Math.floor((2 * TOKEN_SIZE * width) / wanted) / 2);
}

const STRIP = 4;

function unknownWords(vocabulary: Vocabulary | null, sentence: Sentence): boolean[] {
  return [...sentence.tokens].map((id) => vocabulary?.special[id] ?? false);
}

/** Few numbers made from very many: kept as long as the grouping and the states they come from. */
const knownGlyphs = new WeakMap<Clustering, WeakMap<StateSequence, Glyphs>>();

/** Glyphs of the data's sentence; null where its states are not published or the units are not grouped yet. */
function glyphsOf({ sentence, sequence, state, clustering }: PictureData): Glyphs | null {
  if (
    !sentence ||
    !clustering ||
    !sequence ||
    sequence.units !== state?.units ||
    sequence.length !== sentence.tokens.length
  )
    return null;
  let made = knownGlyphs.get(clustering);
  if (!made) knownGlyphs.set(clustering, (made = new WeakMap()));
  const before = made.get(sequence);
  if (before) return before;
  const labels = unitLabels(clustering, sequence.units);
  const all = glyphs(sequence, labels, unitClusters(clustering));
  made.set(sequence, all);
  return all;
}

function swapped(data: PictureData): PictureData {
  return {
    ...data,
    ...data.second!,
    signal: data.second!.signal ?? null,
    second: {
      sentence: data.sentence!,
      steps: data.steps,
      sequence: data.sequence,
      signal: data.signal ?? null,
      step: data.step,
    },
  };
}

/** Pushes of all chips along the data's sentence; null where what moved is shown. */
function pushesOf({ sequence, clustering, weights }: PictureData, made: Glyphs | null): Float64Array | null {
  if (!weights || !made || !sequence || !clustering || weights.length !== sequence.units) return null;
  return chipPushes(sequence, weights, unitLabels(clustering, sequence.units), made.clusters);
}

/** Mean change of every chip at every step: s_t − s_{t−1} is what the positive and the negative half changed by. */
function meanChanges({ deltaP, deltaN }: Glyphs): Float64Array {
  return deltaP.map((positive, i) => positive + deltaN[i]!);
}

/** The rows of the sentence; of the second one with the columns' second side. Both share one scale. */
export function sequenceScene(data: PictureData, layout: Columns): SequenceScene | null {
  const { sentence, clustering, steps, model, vocabulary, second } = data;
  const column = layout.sequence;
  if (!column || !sentence) return null;
  const unknown = unknownWords(vocabulary, sentence);
  const drawn = track(model, steps, second?.steps ?? null, data.called);
  const made = glyphsOf(data);
  const joined = second ? null : data.half;
  const beneath = joined ? glyphsOf(turned(data, joined)) : null;
  const other = second ? glyphsOf(swapped(data)) : null;
  const pushes = pushesOf(data, made);
  const amounts = pushes ?? (made && meanChanges(made));
  const beside = other && (pushesOf(swapped(data), other) ?? meanChanges(other));
  const word = (push: Float32Array | null | undefined): number => (push ? largest(push) : 0);
  const [shift, shift2] = joined
    ? [joined.above ? joined.sentence.tokens.length + BAND : 0, 0]
    : shifts(data.step, second ? second.step : null);
  const rows = sentence.surface.map((token, step): Row => {
    const bars = made
      ? clustering!.units.order.map((cluster) => {
          const moved = bar(made, step, cluster);
          return pushes ? pushed(moved, pushes[step * made.clusters + cluster]!) : moved;
        })
      : [];
    const push = steps?.push?.[step] ?? Number.NaN;
    const size = tokenSize(token, column.tokenWidth);
    const shown = fit(token, column.tokenWidth, 'corpus', size, 700);
    return {
      step,
      token,
      shown,
      size,
      shownWidth: measure(shown, 'corpus', size, step === data.step ? 700 : 400).width,
      wordId: sentence.tokens[step]!,
      unknown: unknown[step]!,
      y: column.rowPitch * (step + shift + 0.5),
      bars,
      amounts: bars.map(({ cluster }) => amounts![step * made!.clusters + cluster]!),
      push: Number.isFinite(push) ? push : null,
      p: drawn?.values[step] ?? null,
      next: lineUnder(data, step, column.tokenWidth),
    };
  });
  const half = column.rowPitch / 2 - STRIP / 2 - 3;
  const amountLimit = Math.max(amounts ? largest(amounts) : 0, beside ? largest(beside) : 0);
  const farthest = pushes ? amountLimit : Math.max(...[made, other, beneath].map((one) => (one ? reach(one) : 0)));
  return {
    rows,
    shift,
    glyphs: made,
    pushed: pushes !== null,
    pushLimit: Math.max(word(steps?.push), word(second?.steps?.push)),
    amountLimit,
    scale: made ? half / (farthest || 1) : 0,
    contentHeight:
      column.rowPitch *
      (joined
        ? rows.length + joined.sentence.tokens.length + BAND
        : pairedRows(rows.length, second?.sentence.tokens.length ?? 0, [shift, shift2])),
    trackName: drawn?.name ?? '',
    trackRange: drawn?.range ?? [0, 1],
    trackMoves: drawn?.moves ?? true,
    attention: data.memory ? null : (steps?.attention ?? null),
    memory: data.memory ?? null,
    followed: followed(second ? null : data.sequence, data.units ?? []),
    signal: data.signal?.length === rows.length ? data.signal : null,
    noted: new Set(drawn ? notableSteps(drawn.values, data.step, drawn.range) : []),
  };
}

export function secondScene(data: PictureData, layout: Columns): SequenceScene | null {
  return data.second && layout.second ? sequenceScene(swapped(data), { ...layout, sequence: layout.second }) : null;
}
