import type { Clustering } from '../data/types';
import { pushesAnswer } from '../data/answer';
import { measure } from './text';
import { blocksOf } from './blocks';
import { layChips, type Chips } from './chips';
import { insist, layClouds, type Clouds } from './clouds';
import { unitClusters } from './groups';
import { columns, sequenceRight, type Box, type Columns, type Mode } from './layout';
import { followed } from './followed';
import { BAND, type HalfScene } from './half';
import { layLinks, linkLimits, stepLinks, type Link, type LinkLimits, type Links } from './links';
import { differenceScene, pairedRows, shifts, type DifferenceScene } from './pair';
import { colourLimit, largest } from './scale';
import { signalLanes } from './signal';
import { answersUnder } from './nextWords';
import { hasTrack } from './track';
import type { PictureData } from './pictureData';
import { secondScene, sequenceScene, TOKEN_SIZE, type SequenceScene } from './sequenceScene';

const MANY_UNITS = 256;
/** Room for a line such as `→ president .42`. */
const NEXT_WIDTH = 96;

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
