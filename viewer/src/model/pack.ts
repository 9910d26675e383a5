/** Deterministic packing of words in centred lines: the largest words in the middle, outer lines shorter. */

export interface PackItem {
  width: number;
  size: number;
}

export interface Placed {
  index: number;
  /** Left end of the text and its baseline. */
  x: number;
  baseline: number;
}

export interface Packing {
  placed: Placed[];
  /** What the lines take, at most the height given. */
  height: number;
}

interface Line {
  /** Indices in the order they were put in, largest first. */
  members: number[];
  width: number;
  size: number;
}

export const GAP_X = 10;
const WIDEST_GAP = 13;
const LEADING = 4;

/** Height above and depth below the baseline that a word of this size takes, as shares of the size. */
export const ASCENT = 0.72;
export const DESCENT = 0.21;
const TALL = ASCENT + DESCENT;

/** Lines from the middle outwards: the i-th of `count` stands at this place from the top. */
function placeOf(i: number, count: number): number {
  const middle = Math.floor((count - 1) / 2);
  return i % 2 === 1 ? middle + (i + 1) / 2 : middle - i / 2;
}

/** Members of a line from left to right: the first in the middle, the others outwards in turn. */
function outwards(members: readonly number[]): number[] {
  const row: number[] = [];
  members.forEach((index, i) => (i % 2 === 1 ? row.push(index) : row.unshift(index)));
  return row;
}

/** Share of the width that the line at this place may take: a cloud is no justified paragraph. */
function taper(place: number, count: number): number {
  if (count < 3) return 1;
  const fromMiddle = Math.abs(2 * place - (count - 1)) / (count - 1);
  return 1 - 0.1 * fromMiddle ** 2 - (0.06 * ((place * 5) % 3)) / 2;
}

/**
 * First fit: each item goes into the first line with room, or opens a line while there is height. The first that finds
 * neither ends it, so that no later one stands where it had no room; one that is wider than `widest` is left out. An
 * item that is alone in its line may be as wide as `free` says.
 */
function fill(
  items: readonly PackItem[],
  height: number,
  room: (line: number) => number,
  free: (line: number) => number,
  widest: number,
): Line[] {
  const lines: Line[] = [];
  let used = 0;
  for (const [index, { width, size }] of items.entries()) {
    if (width > widest) continue;
    const line = lines.find((candidate, i) => size <= candidate.size && candidate.width + GAP_X + width <= room(i));
    if (line) {
      line.members.push(index);
      line.width += GAP_X + width;
      continue;
    }
    const more = size * TALL + (lines.length ? LEADING : 0);
    if (used + more > height + 0.5 || width > free(lines.length)) break;
    lines.push({ members: [index], width, size });
    used += more;
  }
  return lines;
}

/**
 * Places items in the order of their importance: all up to the first that finds no room. `note` is a width at the right
 * end of the lowest line that stays free. Left out besides is only what is wider than `width`.
 */
export function pack(items: readonly PackItem[], width: number, height: number, note: number): Packing {
  let everywhere = false;
  const free = (place: number, count: number): number =>
    note > 0 && (everywhere || place === count - 1) ? width - note - GAP_X : width;
  let count = 0;
  let lines = fill(
    items,
    height,
    () => width,
    () => width,
    width,
  );
  for (let attempt = 0; attempt < 5 && lines.length !== count; attempt++) {
    count = lines.length;
    const n = count;
    const limited = (i: number, most: (place: number) => number): number => {
      const place = placeOf(i, n);
      return place >= 0 && place < n ? most(place) : width;
    };
    lines = fill(
      items,
      height,
      (i) => limited(i, (place) => Math.min(free(place, n), width * taper(place, n))),
      (i) => limited(i, (place) => free(place, n)),
      width,
    );
  }
  if (note > 0 && lines.length !== count) {
    // Their number goes to and fro with the room left free, so which line is the lowest is not settled: all leave room.
    everywhere = true;
    const most = (): number => free(0, 1);
    lines = fill(items, height, most, most, width);
  }
  const n = lines.length;
  const rows = lines.map((line, i) => ({ line, place: placeOf(i, n) })).sort((a, b) => a.place - b.place);
  let y = 0;
  const placed: Placed[] = [];
  for (const { line, place } of rows) {
    const room = free(place, n);
    const gaps = line.members.length - 1;
    const gap = gaps ? Math.min(WIDEST_GAP, GAP_X + Math.max(0, room * taper(place, n) - line.width) / gaps) : 0;
    let x = Math.max(0, (room - line.width - gaps * (gap - GAP_X)) / 2);
    for (const index of outwards(line.members)) {
      const item = items[index]!;
      const slack = (line.size - item.size) * TALL;
      const drop = slack * ([0.62, 0.3, 0.8, 0.45][index % 4] ?? 0.5);
      placed.push({ index, x, baseline: y + drop + item.size * ASCENT });
      x += item.width + gap;
    }
    y += line.size * TALL + LEADING;
  }
  return { placed, height: n ? y - LEADING : 0 };
}
