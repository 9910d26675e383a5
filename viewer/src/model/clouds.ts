import type { Clustering, Vocabulary } from '../data/types';
import { measure } from './text';
import { groups, strength, strongestChip, type Group } from './groups';
import type { BoardColumn } from './layout';
import { ASCENT, DESCENT, GAP_X, pack } from './pack';
import { largest } from './scale';

/** Smallest and largest size of a word, in pixels. */
export const SMALL = 11;
export const LARGE = 22;
/** The largest where a cloud is narrow: a word of fourteen letters fits. */
const LARGE_IN_NARROW = 15;

/** The largest size of a word in clouds that are so wide. */
export function largestSize(width: number): number {
  return Math.max(LARGE_IN_NARROW, Math.min(LARGE, Math.floor(width / 10)));
}

export interface CloudWord {
  wordId: number;
  /** Row of the word in the clustering. */
  index: number;
  text: string;
  /** Mean response over the chip that the cloud is sized by. */
  strength: number;
  /** |strength| as a share of the scale's end. */
  share: number;
  size: number;
  weight: number;
  width: number;
  ascent: number;
  descent: number;
  x: number;
  baseline: number;
}

export interface Cloud {
  group: Group;
  /** The unit cluster whose response gives the sizes. */
  chip: number;
  x: number;
  y: number;
  width: number;
  height: number;
  words: CloudWord[];
  /** Words without room, strongest first: counted and listed, never dropped. */
  more: CloudWord[];
  /** Top left corner and width of the “n more” note; null where all words fit. */
  note: { x: number; y: number; width: number; height: number; text: string } | null;
}

export interface Clouds {
  list: Cloud[];
  /** |response| that is drawn in the largest size. */
  limit: number;
  bottom: number;
}

export interface CloudRequest {
  clustering: Clustering;
  vocabulary: Vocabulary;
  column: BoardColumn;
  /** Size by this unit cluster instead of each cloud's strongest. */
  chip: number | null;
  /** Let every cloud be as tall as its words need, up to this many pixels, instead of sharing the column. */
  tallest?: number | undefined;
  /** |response| that is drawn in the largest size; the largest of all words without it. */
  limit?: number | undefined;
}

/** Whether a text says little by itself: digits, marks, a single letter, a piece of a word. */
export function isFragment(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  if (!letters.length || /\d|^##|@@$/u.test(text)) return true;
  return (
    letters.length === 1 &&
    /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u.test(text) &&
    !/^[aio]$/i.test(text)
  );
}

/** Words before fragments, the strongest first. */
function byStrength(a: CloudWord, b: CloudWord): number {
  return (
    Number(isFragment(a.text)) - Number(isFragment(b.text)) ||
    Math.abs(b.strength) - Math.abs(a.strength) ||
    a.wordId - b.wordId
  );
}

const LEAST = 12;
const FILL = 0.9;
const NOTE_SIZE = 11;
/** Height of a line that the note has for itself. */
const NOTE_ROW = NOTE_SIZE + 4;

/** Sizes go with the share, so that twice the response is twice the way from the smallest to the largest. */
function look(share: number, large: number): { size: number; weight: number } {
  return {
    size: Math.round((SMALL + (large - SMALL) * share) * 2) / 2,
    weight: 400 + Math.round(share * share * 3) * 100,
  };
}

interface Draft {
  group: Group;
  chip: number;
  words: CloudWord[];
  need: number;
  least: number;
  weight: number;
}

/** Shares out `room`: in proportion to the weights, at least `least`, at most `need`. */
export function share(drafts: readonly { need: number; least: number; weight: number }[], room: number): number[] {
  const heightAt = (level: number): number[] =>
    drafts.map((d) => Math.max(d.least, Math.min(d.need, level * d.weight)));
  let low = 0;
  let high = Math.max(...drafts.map((d) => d.need / Math.max(d.weight, 1e-9)), 1);
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (heightAt(middle).reduce((a, b) => a + b, 0) > room) high = middle;
    else low = middle;
  }
  return heightAt(low);
}

/** The strongest |response| of a word over the chip that sizes its cloud. */
export function cloudLimit(clustering: Clustering, chip: number | null): number {
  const own = groups(clustering.words).map((group) => {
    const by = chip ?? strongestChip(clustering, group.cluster);
    return largest(group.members.map((index) => strength(clustering, index, by)));
  });
  return largest(own) || 1;
}

function drafts(request: CloudRequest): { list: Draft[]; limit: number } {
  const { clustering, vocabulary, chip } = request;
  const all = groups(clustering.words);
  const chips = all.map((group) => chip ?? strongestChip(clustering, group.cluster));
  const limit = request.limit ?? cloudLimit(clustering, chip);
  const { width } = request.column;
  const large = largestSize(width);
  const list = all.map((group, i): Draft => {
    const words = group.members.map((index): CloudWord => {
      const wordId = clustering.words.ids[index]!;
      const text = vocabulary.text[wordId] ?? '';
      const s = strength(clustering, index, chips[i]!);
      const part = Math.min(1, Math.abs(s) / limit);
      const { size, weight } = look(part, large);
      const box = measure(text, 'corpus', size, weight);
      return { wordId, index, text, strength: s, share: part, size, weight, ...box, x: 0, baseline: 0 };
    });
    words.sort(byStrength);
    const area = words.reduce((sum, word) => sum + (word.width + GAP_X) * (word.size * (ASCENT + DESCENT) + 4), 0);
    const tallest = words.reduce((most, word) => Math.max(most, word.size * (ASCENT + DESCENT)), 0);
    const first = words.find((word) => word.width <= width - 2 * PAD);
    const beside = !first || words.length === 1 || first.width <= besideNote(words.length, width);
    const least = Math.max(LEAST, tallest) + (beside ? 0 : NOTE_ROW);
    return {
      group,
      chip: chips[i]!,
      words,
      need: Math.max(least, area / FILL / width),
      least,
      weight: Math.sqrt(area),
    };
  });
  return { list, limit };
}

function gapFor(clouds: number): number {
  return clouds <= 10 ? 16 : clouds <= 16 ? 11 : clouds <= 22 ? 6 : 5;
}

interface Filled {
  words: CloudWord[];
  more: CloudWord[];
  height: number;
  noteWidth: number;
  /** The note says `+n`, since a selected word needs the room. */
  short: boolean;
}

/** Room left and right of the words for the pill of a selected one. */
const PAD = 5;

function noteOf(count: number, short: boolean): string {
  return short ? `+${count}` : `${count} more`;
}

function noteWidthOf(count: number, short: boolean): number {
  return Math.ceil(measure(noteOf(count, short), 'interface', NOTE_SIZE).width) + 2;
}

/** Room for words beside the note of so many. */
function besideNote(count: number, width: number): number {
  return width - 2 * PAD - GAP_X - noteWidthOf(count, false);
}

/**
 * Packs words given from the strongest to the weakest; those left over are counted in a note. It stands beside the lowest
 * line, or below it where more words find room that way, as a long one does.
 */
function fill(words: readonly CloudWord[], width: number, height: number, short = false): Filled {
  const noteWidth = noteWidthOf(words.length, short);
  const room = width - 2 * PAD;
  let packing = pack(words, room, height, 0);
  if (packing.placed.length < words.length) {
    packing = pack(words, room, height, noteWidth);
    const above = pack(words, room, height - NOTE_ROW, 0);
    if (above.placed.length > packing.placed.length) packing = { ...above, height: above.height + NOTE_ROW };
  }
  const rest = new Set(words);
  const placed = packing.placed.map((place) => {
    const word = words[place.index]!;
    rest.delete(word);
    return { ...word, x: place.x + PAD, baseline: place.baseline };
  });
  return { words: placed, more: words.filter((word) => rest.has(word)), height: packing.height, noteWidth, short };
}

/** The same with some words certainly placed: as many of the weakest others as need be make room for them. */
function fillWith(
  first: ReadonlySet<number>,
  words: readonly CloudWord[],
  width: number,
  height: number,
  short = false,
): Filled {
  const before = new Set(fill(words, width, height).words.map((word) => word.wordId));
  let list = words.filter((word) => first.has(word.wordId) || before.has(word.wordId));
  for (;;) {
    const filled = fill([...list, ...words.filter((word) => !list.includes(word))], width, height, short);
    const lacking = filled.more.some((word) => first.has(word.wordId));
    const weakest = list.findLast((word) => !first.has(word.wordId));
    if (!lacking || (!weakest && short)) return filled;
    if (!weakest) return fillWith(first, words, width, height, true);
    list = list.filter((word) => word !== weakest);
  }
}

/** Puts a filled cloud in its place. */
function stand(
  filled: Filled,
  frame: { group: Group; chip: number; x: number; y: number; width: number; height: number },
): Cloud {
  const { x, y, width, height } = frame;
  const top = y + Math.max(0, (height - filled.height) / 2);
  return {
    ...frame,
    words: filled.words.map((word) => ({ ...word, x: x + word.x, baseline: top + word.baseline })),
    more: filled.more,
    note: filled.more.length
      ? {
          x: x + width - filled.noteWidth,
          y: y + height - NOTE_SIZE - 2,
          width: filled.noteWidth,
          height: NOTE_SIZE + 3,
          text: noteOf(filled.more.length, filled.short),
        }
      : null,
  };
}

const ROW = LARGE + 4;

/** Packs every cloud into its share of the room, then gives what the lines left over to the clouds that hide most. */
function fillAll(list: readonly Draft[], width: number, room: number): Filled[] {
  const filled = share(list, room).map((height, i) => fill(list[i]!.words, width, height));
  const waiting = new Set(filled.keys());
  while (waiting.size) {
    const used = filled.reduce((sum, one, i) => sum + Math.max(one.height, list[i]!.least), 0);
    const left = room - used;
    const hidden = (i: number): number => filled[i]!.more.length / Math.max(1, filled[i]!.words.length);
    const next = [...waiting].filter((i) => filled[i]!.more.length).sort((a, b) => hidden(b) - hidden(a) || a - b)[0];
    if (next === undefined || left < SMALL) break;
    const before = filled[next]!;
    const after = fill(list[next]!.words, width, before.height + Math.min(left, ROW));
    if (after.words.length > before.words.length && after.height > before.height) filled[next] = after;
    else waiting.delete(next);
  }
  return filled;
}

/** One cloud per word cluster in draw order; sizes on one scale for all. */
export function layClouds(request: CloudRequest): Clouds {
  const { column, tallest } = request;
  const { list, limit } = drafts(request);
  const gap = tallest ? 24 : gapFor(list.length);
  const room = column.bottom - column.top - gap * (list.length - 1);
  const filled = tallest
    ? list.map((draft) => fill(draft.words, column.width, tallest))
    : fillAll(list, column.width, room - 1.5 * list.length);
  const heights = filled.map((one, i) => Math.ceil(Math.max(one.height, list[i]!.least)));
  const spare = tallest ? 0 : room - heights.reduce((a, b) => a + b, 0);
  const extra = list.length > 1 ? Math.max(0, Math.min(14, spare / (list.length - 1))) : 0;
  let y = column.top;
  const clouds = list.map((draft, i) => {
    const frame = {
      group: draft.group,
      chip: draft.chip,
      x: column.x,
      y: Math.round(y),
      width: column.width,
      height: heights[i]!,
    };
    y += heights[i]! + gap + extra;
    return stand(filled[i]!, frame);
  });
  const last = clouds[clouds.length - 1];
  return { list: clouds, limit, bottom: last ? last.y + last.height : column.top };
}

/** The same clouds with all `wanted` words in sight: a cloud that left one over is packed again with it first. */
export function insist(clouds: Clouds, wanted: readonly number[]): Clouds {
  const first = new Set(wanted);
  const missing = (cloud: Cloud): boolean => cloud.more.some((word) => first.has(word.wordId));
  if (!clouds.list.some(missing)) return clouds;
  const again = (cloud: Cloud): Cloud =>
    stand(fillWith(first, [...cloud.words, ...cloud.more].sort(byStrength), cloud.width, cloud.height), cloud);
  const list = clouds.list.map((cloud) => (missing(cloud) ? again(cloud) : cloud));
  return { ...clouds, list };
}

/** Words that raise and that lower a unit cluster most, among the clustered ones, strongest first. */
export function moversOf(
  clustering: Clustering,
  unitCluster: number,
  most: number,
): { raise: number[]; lower: number[] } {
  const indices = [...clustering.words.ids.keys()];
  const by = indices.sort(
    (a, b) => strength(clustering, b, unitCluster) - strength(clustering, a, unitCluster) || a - b,
  );
  const raise = by.slice(0, most).filter((i) => strength(clustering, i, unitCluster) > 0);
  const lower = by
    .slice(-most)
    .reverse()
    .filter((i) => strength(clustering, i, unitCluster) < 0);
  return { raise: raise.map((i) => clustering.words.ids[i]!), lower: lower.map((i) => clustering.words.ids[i]!) };
}
