/** Where the columns of the picture stand, by the width it gets. Numbers are CSS pixels. */

import type { SignalLanes } from './signal';

export type Mode = 'wide' | 'sequence' | 'memory' | 'words';

export interface Box {
  width: number;
  height: number;
}

export interface SequenceColumn {
  /** Where its wash begins, and where its tokens do. */
  left: number;
  x: number;
  width: number;
  tokenRight: number;
  tokenWidth: number;
  glyphX: number;
  /** Where attention is drawn, between the words and their bars; absent without any. */
  attention?: { x: number; width: number };
  /** Where a signal stands beside its events: a strip of many channels, left ends of lines and their width. */
  signal?: { strip: { x: number; width: number } | null; lines: number[]; width: number };
  /** Left ends of the lines of followed units, and their width; absent without any. */
  followed?: { x: number[]; width: number };
  /** Where the push of each word stands, from its middle line either way; absent without any. */
  push?: { x: number; width: number };
  /** Distance from bar to bar, and the bar's own width. */
  pitch: number;
  bar: number;
  /** Left end and width of the probability track; null without probabilities. */
  track: { x: number; width: number } | null;
  /** Everything above is fixed, everything below scrolls. */
  top: number;
  bottom: number;
  rowPitch: number;
}

/** The strip below two sentences: by how much more each chip moved in the first. */
export interface DifferenceBox {
  x: number;
  right: number;
  top: number;
  /** Below its title and, where that takes the whole line, the choice of what the chips show. */
  below: number;
  bottom: number;
}

export interface BoardColumn {
  x: number;
  width: number;
  top: number;
  bottom: number;
}

export interface Columns {
  mode: Mode;
  width: number;
  height: number;
  margin: number;
  sequence: SequenceColumn | null;
  /** The second sentence's column, and the strip below both; absent where one sentence stands alone. */
  second?: SequenceColumn;
  /** The column of the other one of an encoder and its decoder, in the place of the first; absent where there is none. */
  half?: SequenceColumn;
  difference?: DifferenceBox;
  memory: BoardColumn | null;
  /** `spine` is the rule left of the clouds, `x` where their words begin. */
  words: (BoardColumn & { spine: number }) | null;
  /** Everything runs from right to left: the sequence stands right of the chips, and the spine right of the words. */
  mirrored?: boolean;
}

/** Heights of the fixed heads: title and subtitle, then axis labels down to the first row. */
export const HEAD = 82;
const PHONE_HEAD = 40;
export const BAR_SHARE = 14 / 18;
const BOTTOM = 10;
const LEAST_PITCH = 44;
const SCROLLED_PITCH = 52;
/** An encoder and its decoder: least and greatest distance of their rows. */
const HALVES_PITCH = { least: 36, most: 42 };
export const NARROW = 720;

interface Sizes {
  /** Widest token at 15 px. */
  tokenWidth: number;
  /** Rows: the tokens, or those of two sentences that stand side by side. */
  tokens: number;
  paired: boolean;
  /** Whether an encoder and its decoder stand one under the other. */
  halves?: boolean;
  clusters: number;
  hasTrack: boolean;
  hasAttention: boolean;
  /** What of a signal is drawn; none by default. */
  signal?: SignalLanes | null;
  /** Units that are followed along the sentence; none by default. */
  followed?: number;
  hasPush: boolean;
  manyUnits: boolean;
  /** Room kept under the clouds for a note. */
  note: number;
}

/** Distance from bar to bar: 18 for 8 to 12 clusters, wider for few, narrower beyond 12. */
export function barPitch(clusters: number, room: number): number {
  const wanted = clusters < 8 ? Math.min(28, 144 / Math.max(clusters, 1)) : clusters <= 12 ? 18 : 216 / clusters;
  return Math.max(5, Math.min(wanted, room / Math.max(clusters, 1)));
}

/** The whole sentence in sight where rows of the least pitch allow it; else rows of a comfortable height, scrolled. */
export function rowPitch(room: number, tokens: number, most: number, least = LEAST_PITCH): number {
  const even = Math.floor(room / Math.max(1, tokens));
  return even >= least ? Math.min(most, even) : Math.min(most, SCROLLED_PITCH);
}

/** Spaces inside a column: before the glyph, for attention and pushes, before the track, the track, after it; least widths and row pitch. */
const ALONE = {
  before: 14,
  attention: 40,
  push: 48,
  beside: 26,
  track: 56,
  after: 26,
  glyph: 140,
  token: 120,
  pitch: LEAST_PITCH,
};
const PAIRED = {
  before: 10,
  attention: 26,
  push: 30,
  beside: 24,
  track: 38,
  after: 10,
  glyph: 90,
  token: 92,
  pitch: 40,
};
/** Two sentences on a phone. */
const PAIRED_SMALL = { ...PAIRED, before: 8, push: 24, after: 14, glyph: 54, token: 56 };
/** Below this room a sentence of two is as small as it gets. */
const SMALL = 200;

/** Below this room a sentence that stands alone has a narrow signal. */
const SMALL_ALONE = 420;

/** Room of the line of a followed unit, and between two. */
const LINE = { width: 34, gap: 12 };

/** The same of a channel of a signal, and of the strip of many. */
const CHANNEL = { width: 18, gap: 6, strip: 46, narrow: 10, narrowGap: 4, narrowStrip: 28 };

function signalPlace(x: number, { strip, lines }: SignalLanes, narrow: boolean): SequenceColumn['signal'] & object {
  const width = narrow ? CHANNEL.narrow : CHANNEL.width;
  const gap = narrow ? CHANNEL.narrowGap : CHANNEL.gap;
  const wide = narrow ? CHANNEL.narrowStrip : CHANNEL.strip;
  const from = x + (strip.length ? wide + gap : 0);
  return {
    strip: strip.length ? { x, width: wide } : null,
    lines: lines.map((_, i) => from + i * (width + gap)),
    width,
  };
}

/** Room that a signal takes before the bars. */
function signalRoom(lanes: SignalLanes | null | undefined, narrow: boolean): number {
  if (!lanes) return 0;
  const { strip, lines, width } = signalPlace(0, lanes, narrow);
  return (lines.length ? lines.at(-1)! + width : (strip?.width ?? 0)) + (narrow ? 6 : 10);
}

function sequenceColumn(
  x: number,
  room: number,
  top: number,
  bottom: number,
  sizes: Sizes,
  most: number,
): SequenceColumn {
  const space = !sizes.paired ? ALONE : room < SMALL ? PAIRED_SMALL : PAIRED;
  const trackWidth = sizes.hasTrack ? space.beside + space.track : 0;
  const attention = sizes.hasAttention ? space.attention : 0;
  const lines = sizes.paired ? 0 : (sizes.followed ?? 0);
  const push = sizes.hasPush ? space.push : 0;
  const narrow = sizes.paired || room < SMALL_ALONE;
  const signal = signalRoom(sizes.signal, narrow);
  const glyphRoom = room - space.before - signal - attention - push - trackWidth - space.after;
  const tokenWidth = Math.round(Math.max(56, Math.min(sizes.tokenWidth, 112, glyphRoom - space.token)));
  const pitch = barPitch(sizes.clusters, glyphRoom - tokenWidth);
  const bar = Math.max(3, pitch * BAR_SHARE);
  const tokenRight = x + tokenWidth;
  const beside = tokenRight + signal;
  const glyphX = beside + space.before + attention + push;
  const glyph = sizes.signal && narrow ? PAIRED.glyph : space.glyph;
  const glyphRight = glyphX + Math.max(pitch * sizes.clusters - (pitch - bar), glyph);
  const track = sizes.hasTrack ? { x: Math.round(glyphRight + space.beside), width: space.track } : null;
  const trackRight = Math.round(track ? track.x + track.width : glyphRight);
  const linesX = Array.from({ length: lines }, (_, i) => trackRight + space.beside + i * (LINE.width + LINE.gap));
  const right = lines ? linesX[lines - 1]! + LINE.width : trackRight;
  return {
    left: 0,
    x,
    width: right + space.after - x,
    tokenRight,
    tokenWidth,
    glyphX,
    ...(sizes.signal ? { signal: signalPlace(tokenRight + 8, sizes.signal, narrow) } : {}),
    ...(attention ? { attention: { x: beside + 8, width: attention - 2 } } : {}),
    ...(lines ? { followed: { x: linesX, width: LINE.width } } : {}),
    ...(push ? { push: { x: beside + space.before + attention - 4, width: push - 4 } } : {}),
    pitch,
    bar,
    track,
    top,
    bottom,
    rowPitch: sizes.halves
      ? rowPitch(bottom - top, sizes.tokens, HALVES_PITCH.most, HALVES_PITCH.least)
      : rowPitch(bottom - top, sizes.tokens, most, space.pitch),
  };
}

const DIFFERENCE = 98;
/** A strip narrower than this has a second line for what the chips show. */
const ONE_LINE = 470;
const SECOND_LINE = 26;
const PAIR_GAP = 12;
/** Room that two sentences leave for clouds and links. */
const LEAST_BOARD = 276;
const WIDEST_SENTENCE = 330;
/** From here on there is room for a signal beside everything else. */
const ROOMY = 1000;

/** Two sentences side by side in `room`, and the strip of their difference below them. */
function pair(
  x: number,
  room: number,
  top: number,
  height: number,
  sizes: Sizes,
  most: number,
): Pick<Columns, 'sequence' | 'second' | 'difference'> {
  const each = Math.min(WIDEST_SENTENCE, (room - PAIR_GAP) / 2);
  const width = 2 * sequenceColumn(x, each, top, height, sizes, most).width + PAIR_GAP;
  const more = width < ONE_LINE ? SECOND_LINE : 0;
  const bottom = height - DIFFERENCE - more;
  const sequence = sequenceColumn(x, each, top, bottom, sizes, most);
  const left = x + sequence.width;
  const second = { ...sequenceColumn(left + PAIR_GAP, each, top, bottom, sizes, most), left };
  return {
    sequence,
    second,
    difference: { x, right: second.x + second.width, top: bottom, below: bottom + 26 + more, bottom: height },
  };
}

/** Room of a sequence that stands alone beside the chips. */
function sequenceRoom(width: number, { signal }: Sizes): number {
  const more = width >= ROOMY ? signalRoom(signal, false) : 0;
  return Math.min(width * (width < 860 ? 0.46 : 0.425), 450) + more;
}

/** Where the sentences end and the links to the chips begin. */
export function sequenceRight({ sequence, second }: Pick<Columns, 'sequence' | 'second'>): number {
  const last = second ?? sequence;
  return last ? last.x + last.width : 0;
}

export function columns(box: Box, mode: Mode, sizes: Sizes): Columns {
  const { width, height } = box;
  const margin = width >= 860 ? 24 : 16;
  const base = { mode, width, height, margin, sequence: null, memory: null, words: null };
  const bottom = height - BOTTOM;
  if (mode !== 'wide') {
    const board = { x: margin, width: width - 2 * margin, top: 12, bottom };
    if (mode === 'sequence' && sizes.paired) {
      return { ...base, ...pair(margin, width - margin - 4, PHONE_HEAD, height, { ...sizes, hasTrack: false }, 48) };
    }
    if (mode === 'sequence') {
      const holding = (followed: number): SequenceColumn =>
        sequenceColumn(margin, width - margin, PHONE_HEAD, height, { ...sizes, followed }, 48);
      const fits = Array.from({ length: sizes.followed ?? 0 }, (_, i) => sizes.followed! - i).map(holding);
      const sequence = fits.find((column) => column.x + column.width - ALONE.after <= width) ?? holding(0);
      return {
        ...base,
        sequence: { ...sequence, rowPitch: sizes.halves ? HALVES_PITCH.most : 48, width: width - margin },
      };
    }
    return mode === 'memory'
      ? { ...base, memory: board }
      : { ...base, words: { ...board, x: margin + 10, width: width - 2 * margin - 10, spine: margin } };
  }
  const chip = sizes.manyUnits && width >= 1000 ? 168 : 138;
  const right = width - (width >= 860 ? 22 : 16);
  const sentences = sizes.paired
    ? pair(margin, right - margin - chip - LEAST_BOARD, HEAD, height, sizes, 56)
    : { sequence: sequenceColumn(margin, sequenceRoom(width, sizes), HEAD, height, sizes, 56) };
  const left = sequenceRight({ ...base, ...sentences });
  const rest = Math.max(240, right - left - chip);
  const words = Math.round(Math.min(520, Math.max(rest * 0.6, Math.min(270, rest - 110))));
  const first = Math.round(Math.max(rest >= 300 ? 40 : 28, Math.min(96, rest * 0.12)));
  const memory = { x: left + first, width: chip, top: HEAD + 6, bottom };
  return {
    ...base,
    ...sentences,
    memory,
    words: { x: right - words, width: words, spine: right - words - 8, top: HEAD - 2, bottom: bottom - sizes.note },
  };
}
