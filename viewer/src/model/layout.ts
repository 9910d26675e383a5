/** Where the columns of the picture stand, by the width it gets. Numbers are CSS pixels. */

export type Mode = 'wide' | 'sequence' | 'memory' | 'words';

export interface Box {
  width: number;
  height: number;
}

export interface SequenceColumn {
  x: number;
  width: number;
  tokenRight: number;
  tokenWidth: number;
  glyphX: number;
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
  memory: BoardColumn | null;
  /** `spine` is the rule left of the clouds, `x` where their words begin. */
  words: (BoardColumn & { spine: number }) | null;
}

/** Heights of the fixed heads: title and subtitle, then axis labels down to the first row. */
export const HEAD = 74;
const PHONE_HEAD = 40;
const BAR_SHARE = 14 / 18;
const BOTTOM = 10;
const LEAST_PITCH = 44;
const SCROLLED_PITCH = 52;
export const NARROW = 720;

interface Sizes {
  /** Widest token at 15 px. */
  tokenWidth: number;
  tokens: number;
  clusters: number;
  hasTrack: boolean;
  manyUnits: boolean;
  /** Room kept under the clouds for a note. */
  note: number;
}

/** Distance from bar to bar: 18 for 8 to 12 clusters, wider for few, narrower beyond 12. */
function barPitch(clusters: number, room: number): number {
  const wanted = clusters < 8 ? Math.min(28, 144 / Math.max(clusters, 1)) : clusters <= 12 ? 18 : 216 / clusters;
  return Math.max(5, Math.min(wanted, room / Math.max(clusters, 1)));
}

/** The whole sentence in sight where rows of `LEAST_PITCH` allow it; else rows of a comfortable height, scrolled. */
function rowPitch(room: number, tokens: number, most: number): number {
  const even = Math.floor(room / Math.max(1, tokens));
  return even >= LEAST_PITCH ? Math.min(most, even) : Math.min(most, SCROLLED_PITCH);
}

function sequenceColumn(x: number, room: number, top: number, bottom: number, sizes: Sizes, most: number): SequenceColumn {
  const trackWidth = sizes.hasTrack ? 26 + 56 : 0;
  const glyphRoom = room - 14 - trackWidth - 26;
  const tokenWidth = Math.round(Math.max(56, Math.min(sizes.tokenWidth, 112, glyphRoom - 120)));
  const pitch = barPitch(sizes.clusters, glyphRoom - tokenWidth);
  const bar = Math.max(3, pitch * BAR_SHARE);
  const tokenRight = x + tokenWidth;
  const glyphX = tokenRight + 14;
  const glyphRight = glyphX + Math.max(pitch * sizes.clusters - (pitch - bar), 140);
  const track = sizes.hasTrack ? { x: Math.round(glyphRight + 26), width: 56 } : null;
  return {
    x,
    width: Math.round((track ? track.x + track.width : glyphRight) + 26) - x,
    tokenRight,
    tokenWidth,
    glyphX,
    pitch,
    bar,
    track,
    top,
    bottom,
    rowPitch: rowPitch(bottom - top, sizes.tokens, most),
  };
}

export function columns(box: Box, mode: Mode, sizes: Sizes): Columns {
  const { width, height } = box;
  const margin = width >= 860 ? 24 : 16;
  const base = { mode, width, height, margin, sequence: null, memory: null, words: null };
  const bottom = height - BOTTOM;
  if (mode !== 'wide') {
    const board = { x: margin, width: width - 2 * margin, top: 12, bottom };
    if (mode === 'sequence') {
      const sequence = sequenceColumn(margin, width - margin, PHONE_HEAD, height, sizes, 48);
      return { ...base, sequence: { ...sequence, rowPitch: 48, width: width - margin } };
    }
    return mode === 'memory' ? { ...base, memory: board } : { ...base, words: { ...board, x: margin + 10, width: width - 2 * margin - 10, spine: margin } };
  }
  const chip = sizes.manyUnits && width >= 1000 ? 168 : 138;
  const sequence = sequenceColumn(margin, Math.min(width * (width < 860 ? 0.46 : 0.425), 450), HEAD, height, sizes, 56);
  const right = width - (width >= 860 ? 22 : 16);
  const left = sequence.x + sequence.width;
  const rest = Math.max(240, right - left - chip);
  const words = Math.round(Math.min(520, Math.max(rest * 0.6, Math.min(270, rest - 110))));
  const first = Math.round(Math.max(rest >= 300 ? 40 : 28, Math.min(96, rest * 0.12)));
  const memory = { x: left + first, width: chip, top: HEAD + 6, bottom };
  return { ...base, sequence, memory, words: { x: right - words, width: words, spine: right - words - 8, top: HEAD - 2, bottom: bottom - sizes.note } };
}
