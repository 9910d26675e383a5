import { BAR_SHARE, barPitch, NARROW, rowPitch, type Box, type Columns, type SequenceColumn } from './layout';

/** Where two sides stand around the sentence that they share. Numbers are CSS pixels. */
export interface CompareColumns {
  layout: 'mirror' | 'overlay';
  a: Columns;
  b: Columns;
  /** What each word pushed either answer by, A over B, from a middle line either way; null without pushes. */
  push: { x: number; width: number } | null;
  /** The probability track; null without probabilities. */
  track: { x: number; width: number } | null;
  /** Left and right end of what a pinned row washes. */
  band: { left: number; right: number };
  /** Where the chips begin: beside the rows, or on a phone below them. */
  boardTop: number;
  top: number;
  bottom: number;
  rowPitch: number;
}

export interface CompareSizes {
  /** Widest token at 15 px. */
  tokenWidth: number;
  tokens: number;
  clusters: { a: number; b: number };
  hasTrack: boolean;
  hasPush: boolean;
}

/** Height of the fixed head: names, title, labels, down to the first row. */
export const COMPARE_HEAD = 92;
const BOTTOM = 10;
const LEAST_ROW = 36;
const MOST_ROW = 56;
const SPINE = 8;
const AROUND = 12;
const GLYPH_TO_TOKEN = 16;
const TO_PUSH = 10;
const PHONE_ROW = 48;
const PHONE_CHIP = 56;
/** Between the rows and the chips of a phone: what the chips show. */
const PHONE_BOARD_HEAD = 40;
const PHONE_TOKEN = 84;
/** Room around the two chips of a matched pair, and between them. */
export const TRAY = 8;

/** From 1024 px, where everything is as small as it gets, to 1440 px, where it is as drawn. */
function ease(width: number): (small: number, large: number) => number {
  const share = Math.max(0, Math.min(1.4, (width - 1024) / 416));
  return (small, large) => small + (large - small) * share;
}

interface Frame {
  width: number;
  height: number;
  margin: number;
  clusters: number;
  token: number;
  track: number;
  push: number;
  at: (small: number, large: number) => number;
  sequence: (x: number, width: number, glyphX: number, tokenRight: number, pitch: number) => SequenceColumn;
}

function frameOf({ width, height }: Box, sizes: CompareSizes): Frame {
  const at = ease(width);
  const token = Math.round(Math.max(48, Math.min(sizes.tokenWidth, at(84, 108))));
  const bottom = height - 4;
  const pitchOfRows = rowPitch(bottom - COMPARE_HEAD, sizes.tokens, MOST_ROW, LEAST_ROW);
  return {
    width,
    height,
    margin: width >= 1200 ? 24 : 16,
    clusters: Math.max(sizes.clusters.a, sizes.clusters.b, 1),
    token,
    track: sizes.hasTrack ? Math.round(at(44, 84)) : 0,
    push: sizes.hasPush ? Math.round(at(32, 48)) : 0,
    at,
    sequence: (x, wide, glyphX, tokenRight, pitch) => ({
      left: 0,
      x,
      width: wide,
      tokenRight,
      tokenWidth: token,
      glyphX,
      pitch,
      bar: Math.max(3, pitch * BAR_SHARE),
      track: null,
      top: COMPARE_HEAD,
      bottom,
      rowPitch: pitchOfRows,
    }),
  };
}

function mirror(frame: Frame): CompareColumns {
  const { width, height, margin, clusters, token, track, push, at } = frame;
  const chip = Math.round(at(98, 122));
  const toGlyph = at(36, 74);
  const toSpine = at(32, 60);
  const toTrack = track ? 20 : 0;
  const toB = track ? at(26, 38) : GLYPH_TO_TOKEN;
  const leastWords = at(128, 156);
  const toPush = push ? TO_PUSH : 0;
  const room = width - 2 * margin - token - GLYPH_TO_TOKEN - toPush - push - toTrack - track - toB;
  const side = chip + toGlyph + toSpine + SPINE + leastWords;
  const glyphRoom = Math.max(0, room / 2 - side);
  const pitch = barPitch(clusters, Math.max(glyphRoom, 5 * clusters));
  const bars = pitch * clusters;
  const spare = glyphRoom - bars;
  const words = Math.round(Math.max(60, leastWords + (spare > 0 ? spare * 0.6 : spare)));
  const more = Math.max(0, spare) * 0.2;
  const spineA = margin + words + SPINE;
  const chipsA = Math.round(spineA + toSpine + more);
  const glyphA = Math.round(chipsA + chip + toGlyph + more);
  const tokenRight = Math.round(glyphA + bars + GLYPH_TO_TOKEN + token);
  const trackX = tokenRight + toPush + push + toTrack;
  const glyphB = Math.round(trackX + track + toB);
  const chipsB = Math.round(glyphB + bars + toGlyph + more);
  const spineB = Math.round(chipsB + chip + toSpine + more);
  const board = { top: COMPARE_HEAD, bottom: height - BOTTOM };
  const base = { mode: 'wide' as const, width, height, margin };
  const from = glyphA - AROUND;
  const to = Math.round(glyphB + bars + AROUND);
  const a = frame.sequence(from, Math.round(bars + 2 * AROUND), glyphA, tokenRight, pitch);
  return {
    layout: 'mirror',
    a: {
      ...base,
      mirrored: true,
      sequence: a,
      memory: { x: chipsA, width: chip, ...board },
      words: { x: margin, width: words, spine: spineA, ...board },
    },
    b: {
      ...base,
      sequence: frame.sequence(glyphB - AROUND, Math.round(bars + 2 * AROUND), glyphB, tokenRight, pitch),
      memory: { x: chipsB, width: chip, ...board },
      words: {
        x: spineB + SPINE,
        width: Math.max(60, Math.min(words, width - margin - spineB - SPINE)),
        spine: spineB,
        ...board,
      },
    },
    push: push ? { x: tokenRight + toPush, width: push } : null,
    track: track ? { x: trackX, width: track } : null,
    band: { left: from, right: to },
    boardTop: a.top,
    top: a.top,
    bottom: a.bottom,
    rowPitch: a.rowPitch,
  };
}

function overlay(frame: Frame): CompareColumns {
  const { width, height, margin, clusters, token, track, push, at } = frame;
  const chip = Math.round(at(98, 122));
  const bridge = Math.round(at(20, 28));
  const toTray = at(44, 78);
  const toSpine = at(40, 72);
  const toTrack = track ? 26 : 0;
  const tray = 2 * chip + bridge + 2 * TRAY;
  const toPush = push ? TO_PUSH : 0;
  const fixed = token + toPush + push + GLYPH_TO_TOKEN + toTrack + track + AROUND + toTray + tray + toSpine + SPINE;
  const room = width - 2 * margin - fixed;
  const pitch = Math.max(5, Math.min(36, (room * 0.5) / clusters));
  const bars = pitch * clusters;
  const tokenRight = margin + token;
  const glyphX = tokenRight + toPush + push + GLYPH_TO_TOKEN;
  const trackX = Math.round(glyphX + bars + toTrack);
  const right = trackX + track + AROUND;
  const chipsA = Math.round(right + toTray + TRAY);
  const chipsB = chipsA + chip + bridge;
  const spine = Math.round(chipsB + chip + TRAY + toSpine);
  const board = { top: COMPARE_HEAD, bottom: height - BOTTOM };
  const base = { mode: 'wide' as const, width, height, margin };
  const sequence = frame.sequence(margin, right - margin, glyphX, tokenRight, pitch);
  return {
    layout: 'overlay',
    a: {
      ...base,
      sequence,
      memory: { x: chipsA, width: chip, ...board },
      words: { x: spine + SPINE, width: Math.max(60, width - margin - spine - SPINE), spine, ...board },
    },
    b: { ...base, sequence, memory: { x: chipsB, width: chip, ...board }, words: null },
    push: push ? { x: tokenRight + toPush, width: push } : null,
    track: track ? { x: trackX, width: track } : null,
    band: { left: 0, right },
    boardTop: sequence.top,
    top: sequence.top,
    bottom: sequence.bottom,
    rowPitch: sequence.rowPitch,
  };
}

/** The height of what a phone scrolls through: the rows, and below them the chips of both sides. */
export function narrowHeight(tokens: number, clusters: number): number {
  return COMPARE_HEAD + tokens * PHONE_ROW + PHONE_BOARD_HEAD + clusters * PHONE_CHIP + BOTTOM;
}

/** Phones: the words and the track with both sides' bars around them, and below them the chips, A's beside B's. */
function narrow(frame: Frame, tokens: number): CompareColumns {
  const { width, height, margin, clusters } = frame;
  const token = Math.min(frame.token, PHONE_TOKEN);
  const track = frame.track ? 40 : 0;
  const aroundTrack = track ? 12 : 0;
  const push = frame.push ? 26 : 0;
  const toPush = push ? 8 : 0;
  const beside = toPush + push + aroundTrack + track;
  const room = (width - 2 * margin - token - 2 * 14 - beside) / 2;
  const pitch = Math.max(3, Math.min(18, room / clusters));
  const bars = pitch * clusters;
  const tokenRight = Math.round((width + token - beside) / 2);
  const glyphA = Math.round(tokenRight - token - 14 - bars);
  const glyphB = tokenRight + beside + 14;
  const rows = COMPARE_HEAD + tokens * PHONE_ROW;
  const boardTop = rows + PHONE_BOARD_HEAD;
  const chip = Math.floor((width - 2 * margin - AROUND) / 2);
  const board = { width: chip, top: boardTop, bottom: boardTop + clusters * PHONE_CHIP };
  const base = { mode: 'wide' as const, width, height, margin, words: null };
  const column = (glyphX: number): SequenceColumn => ({
    ...frame.sequence(glyphX, bars, glyphX, tokenRight, pitch),
    tokenWidth: token,
    rowPitch: PHONE_ROW,
    bottom: rows,
  });
  const a = column(glyphA);
  return {
    layout: 'mirror',
    a: { ...base, mirrored: true, sequence: a, memory: { x: margin, ...board } },
    b: { ...base, sequence: column(glyphB), memory: { x: width - margin - chip, ...board } },
    push: push ? { x: tokenRight + toPush, width: push } : null,
    track: track ? { x: tokenRight + toPush + push + aroundTrack, width: track } : null,
    band: { left: 0, right: width },
    boardTop,
    top: a.top,
    bottom: a.bottom,
    rowPitch: PHONE_ROW,
  };
}

export function compareColumns(box: Box, layout: 'mirror' | 'overlay', sizes: CompareSizes): CompareColumns {
  const frame = frameOf(box, sizes);
  if (box.width < NARROW) return narrow(frame, sizes.tokens);
  return layout === 'mirror' ? mirror(frame) : overlay(frame);
}
