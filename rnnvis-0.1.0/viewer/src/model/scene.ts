import type {
  Clustering,
  ModelEntry,
  Sentence,
  SentenceAttention,
  SentenceSteps,
  StateEntry,
  StateSequence,
  Vocabulary,
} from '../data/types';
import { pushesAnswer } from '../data/answer';
import type { Signal } from '../data/signal';
import { fit, measure } from './text';
import { bar, pushed, reach, type Bar } from './bars';
import { blocksOf } from './blocks';
import { layChips, type Chips } from './chips';
import { insist, layClouds, type Clouds } from './clouds';
import { unitClusters, unitLabels } from './groups';
import { columns, sequenceRight, type Box, type Columns, type Mode } from './layout';
import type { AnswerMemory } from '../data/answerMemory';
import { followed } from './followed';
import { BAND, turned, type HalfData, type HalfScene } from './half';
import { layLinks, linkLimits, stepLinks, type Link, type LinkLimits, type Links } from './links';
import { differenceScene, pairedRows, shifts, type DifferenceScene, type PairData } from './pair';
import { chipPushes } from './push';
import { colourLimit, largest } from './scale';
import { glyphs, type Glyphs } from './sequence';
import { signalLanes } from './signal';
import { answersUnder, lineUnder, type NextLine } from './nextWords';
import { hasTrack, notableSteps, track } from './track';

/** Ends of scales that several pictures share, so that equal sizes mean equal numbers; each its own where one is missing. */
export interface SharedScales {
  colour?: number;
  /** Strongest block: links from chips to clouds. */
  links?: number;
  /** Largest amount of a chip at any step. */
  step?: number;
  /** |response| of the largest words. */
  words?: number;
}

/** What a picture is made of: data and choices, nothing of the page. Null while something is not there yet. */
export interface PictureData {
  sentence: Sentence | null;
  steps: SentenceSteps | null;
  sequence: StateSequence | null;
  /** What the model was fed, where that is no words. */
  signal?: Signal | null;
  clustering: Clustering | null;
  vocabulary: Vocabulary | null;
  model: ModelEntry | null;
  state: StateEntry | null;
  focusValues: Float32Array | null;
  /** Weights of the output by unit, where pushes are shown and `focusValues` are pushes; null where what moved is shown. */
  weights: Float32Array | null;
  /** The class whose pushes are shown, of several; null without classes. */
  followed?: number | null;
  /** Links are what words move although pushes are shown: the other picture of a pair has no others. */
  movedLinks?: boolean;
  /** Pinned step. */
  step: number | null;
  /** The sentence beside the first, with its pinned step. */
  second?: PairData | null;
  /** The other one of an encoder and its decoder. */
  half?: HalfData | null;
  /** What of each word is in the answers along the sentence, where that is shown. */
  memory?: AnswerMemory | null;
  /** Units that are followed along the sentence. */
  units?: readonly number[];
  /** Selected words. */
  words: readonly string[];
  /** Unit cluster that sizes all clouds; null for each cloud's strongest. */
  sizedBy: number | null;
  linkThreshold: number;
  linkWidth: number;
  colourScale: 'fit' | 'fixed';
  chipAlign: 'width' | 'height';
  scales?: SharedScales;
  /** Units that the frame of each chip has room for, in draw order, where more than its own. */
  reserve?: readonly number[];
  /** Unit clusters that are switched off in a shown sentence. */
  switched?: ReadonlySet<number>;
}

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

export interface Scene {
  columns: Columns;
  sequence: SequenceScene | null;
  second: SequenceScene | null;
  half?: HalfScene | null;
  difference: DifferenceScene | null;
  chips: Chips | null;
  clouds: Clouds | null;
  links: Links | null;
  /** Height of chips and clouds; more than the column where they scroll. */
  boardHeight: number;
  colourLimit: number;
  /** Whether chips and bars show pushes, and not what moved. */
  pushed: boolean;
  /** What the widest links stand for: one scale for the sentence. */
  linkLimits: LinkLimits;
  /** Drawn number of each unit cluster. */
  numbers: Map<number, number>;
  /** Unit clusters that are switched off: hatched, and without links. */
  switched?: ReadonlySet<number> | undefined;
}

export const TOKEN_SIZE = 15;
const SMALL_TOKEN = 11;

/** Size of a token: a little smaller where it would not fit otherwise. */
function tokenSize(token: string, width: number): number {
  const { width: wanted } = measure(token, 'corpus', TOKEN_SIZE, 700);
  return wanted <= width ? TOKEN_SIZE : Math.max(SMALL_TOKEN, Math.floor((2 * TOKEN_SIZE * width) / wanted) / 2);
}

const STRIP = 4;
const MANY_UNITS = 256;
/** Room for a line such as `→ president .42`. */
const NEXT_WIDTH = 96;

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
  const drawn = track(model, steps, second?.steps ?? null);
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

export function numbersOf(clustering: Clustering | null): Map<number, number> {
  return new Map((clustering?.units.order ?? []).map((cluster, i) => [cluster, i + 1]));
}

export function layout(data: PictureData, box: Box, mode: Mode): Columns {
  const { second } = data;
  const half = (second ? null : data.half) ?? null;
  const surface = [
    ...(data.sentence?.surface ?? []),
    ...(second?.sentence.surface ?? []),
    ...(half?.sentence.surface ?? []),
  ];
  const length = data.sentence?.tokens.length ?? 0;
  const tokenWidth = surface.reduce(
    (most, token) => Math.max(most, measure(token, 'corpus', TOKEN_SIZE, 700).width),
    0,
  );
  const under = [data, ...(half ? [half] : [])].some(({ model, steps }) => steps && answersUnder(model, steps));
  const tracked = [data.model, ...(half ? [half.model] : [])].map((model) => (model ? hasTrack(model) : true));
  const place = columns(box, mode, {
    tokenWidth: Math.ceil(Math.max(tokenWidth, under ? NEXT_WIDTH : 0)) + 1,
    tokens: half
      ? length + half.sentence.tokens.length + BAND
      : second
        ? pairedRows(length, second.sentence.tokens.length, shifts(data.step, second.step))
        : length,
    paired: Boolean(second),
    halves: half !== null,
    clusters: Math.max(...[data, half].map((one) => (one?.clustering ? unitClusters(one.clustering) : half ? 1 : 8))),
    hasAttention: Boolean(data.model?.tables['attention'] || data.memory),
    followed: followed(data.sequence, data.units ?? []).list.length,
    signal: (data.signal ?? second?.signal) ? signalLanes((data.signal ?? second!.signal)!) : null,
    hasTrack: tracked.some(Boolean),
    hasPush: data.steps ? data.steps.push !== null : pushesAnswer(data.model),
    manyUnits: (data.state?.units ?? 0) > MANY_UNITS,
    note: outsideWords(data).length ? 16 : 0,
  });
  const { sequence } = place;
  if (!half || !sequence) return place;
  const [own, other] = tracked.map((has) => ({ ...sequence, track: has ? sequence.track : null }));
  return { ...place, sequence: own!, half: other! };
}

/** Selected words and the pinned step's word that no cloud holds: said in words, since they cannot be drawn. */
export function outsideWords(data: PictureData): string[] {
  const { vocabulary, clustering } = data;
  if (!vocabulary || !clustering?.words.order.length) return [];
  const outside = wantedWords(data).filter((id) => !clustering.words.ids.includes(id));
  const unknown = data.words.filter((word) => !vocabulary.id.has(word));
  return [...new Set([...outside.map((id) => vocabulary.text[id]!), ...unknown])];
}

export function wantedWords(data: PictureData): number[] {
  const { vocabulary, sentence, step } = data;
  const selected = data.words.map((text) => vocabulary?.id.get(text)).filter((id) => id !== undefined);
  const pinned = sentence && step !== null ? sentence.tokens[step] : undefined;
  return pinned === undefined ? selected : [...selected, pinned];
}

export function cloudsScene(data: PictureData, layout: Columns): Clouds | null {
  const { clustering, vocabulary } = data;
  if (!layout.words || !clustering || !vocabulary) return null;
  const phone = layout.mode === 'words';
  return layClouds({
    clustering,
    vocabulary,
    column: layout.words,
    chip: data.sizedBy,
    tallest: phone ? 260 : undefined,
    limit: data.scales?.words,
  });
}

export function chipsScene(data: PictureData, layout: Columns, clouds: Clouds | null): Chips | null {
  const { clustering } = data;
  if (!layout.memory || !clustering) return null;
  const count = clustering.units.order.length;
  const { top, bottom } = layout.memory;
  const even = Array.from({ length: count }, (_, i) => top + ((i + 0.5) * (bottom - top)) / count);
  const centres =
    layout.mode === 'memory'
      ? null
      : clouds?.list.length === count
        ? clouds.list.map((cloud) => cloud.y + cloud.height / 2)
        : even;
  const below = layout.mode === 'memory' ? 44 : 0;
  return layChips({
    clustering,
    values: data.focusValues,
    adds: data.weights !== null,
    column: layout.memory,
    centres,
    align: data.chipAlign,
    below,
    reserve: data.reserve,
    mirrored: layout.mirrored,
  });
}

/** Everything that is drawn, with its place. The parts may be given from before, where their data has not changed. */
export function buildScene(
  data: PictureData,
  box: Box,
  mode: Mode,
  known: {
    columns?: Columns;
    sequence?: SequenceScene | null;
    second?: SequenceScene | null;
    half?: HalfScene | null;
    clouds?: Clouds | null;
  } = {},
): Scene {
  const place = known.columns ?? layout(data, box, mode);
  const base = known.clouds === undefined ? cloudsScene(data, place) : known.clouds;
  const clouds = base && insist(base, wantedWords(data));
  const chips = chipsScene(data, place, clouds);
  const { clustering } = data;
  const sequence = known.sequence === undefined ? sequenceScene(data, place) : known.sequence;
  const second = known.second === undefined ? secondScene(data, place) : known.second;
  const steps = [data.step, data.second?.step ?? null] as const;
  const difference =
    place.difference && place.sequence
      ? differenceScene(sequence, second, steps, { box: place.difference, x: place.sequence.glyphX })
      : null;
  const blocks = clustering && blocksOf(clustering, data.weights !== null && !data.movedLinks, data.followed ?? null);
  const limits = linkLimits(
    data.scales?.links ?? (blocks ? largest(blocks.values) : 0),
    Math.max(
      data.scales?.step ?? sequence?.amountLimit ?? 0,
      largest(difference?.bars.map(({ value }) => value) ?? []),
    ),
    blocks?.pushed === (data.weights !== null),
  );
  const all =
    clustering && blocks && chips && clouds && place.words
      ? layLinks({
          clustering,
          blocks,
          chips,
          clouds,
          spine: place.words.spine,
          threshold: data.linkThreshold,
          widthFactor: data.linkWidth,
          strongest: data.scales?.links,
          limits,
          mirrored: place.mirrored,
        })
      : null;
  const off = data.switched;
  const links = all && off?.size ? { ...all, list: all.list.filter((link) => !off.has(link.unitCluster)) } : all;
  return {
    columns: place,
    sequence,
    second,
    half: known.half ?? null,
    difference,
    chips,
    clouds,
    links,
    boardHeight: Math.max(chips?.bottom ?? 0, clouds?.bottom ?? 0) + 10,
    colourLimit: data.scales?.colour ?? colourLimit(data.focusValues, data.colourScale, data.state, data.weights),
    pushed: data.weights !== null,
    linkLimits: limits,
    numbers: numbersOf(clustering),
    switched: data.switched,
  };
}

/** Links from a step to the chips, by their amounts there; the left ends lie at `y` on the screen. */
export function linksOfAmounts(
  scene: Scene,
  amounts: readonly number[],
  y: number,
  room: number,
  widthFactor: number,
): Link[] {
  const { chips, columns: place } = scene;
  if (!amounts.length || !chips || !place.sequence) return [];
  const { mirrored } = place;
  const x = mirrored ? place.sequence.x : sequenceRight(place);
  return stepLinks(chips, amounts, { x, y, room, limits: scene.linkLimits, mirrored }, widthFactor);
}

export function linksOfStep(scene: Scene, step: number, y: number, widthFactor: number): Link[] {
  return linksOfAmounts(
    scene,
    scene.sequence?.rows[step]?.amounts ?? [],
    y,
    (scene.columns.sequence?.rowPitch ?? 0) - 10,
    widthFactor,
  );
}
