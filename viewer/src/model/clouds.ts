import type { Clustering, Vocabulary } from '../data/types';
import { measure } from '../paint/text';
import { groups, strength, strongestChip, type Group } from './groups';
import type { BoardColumn } from './layout';
import { pack } from './pack';

/** Smallest and largest size of a word, in pixels. */
export const SMALL = 11;
export const LARGE = 22;

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
  note: { x: number; y: number; width: number; height: number } | null;
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
  tallest?: number;
}

const LEAST = 19;
const FILL = 0.74;
const NOTE_SIZE = 11;

/** Sizes go with the share, so that twice the response is twice the way from the smallest to the largest. */
function look(share: number): { size: number; weight: number } {
  return {
    size: Math.round((SMALL + (LARGE - SMALL) * share) * 2) / 2,
    weight: 400 + Math.round(share * 3) * 100,
  };
}

/** The end of the size scale: the strongest words share it, so that one outlier does not make all others small. */
function scaleEnd(strengths: readonly number[]): number {
  const sorted = strengths.map(Math.abs).sort((a, b) => b - a);
  return sorted[Math.floor(sorted.length * 0.01)] || 1;
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
  const heightAt = (level: number): number[] => drafts.map((d) => Math.max(d.least, Math.min(d.need, level * d.weight)));
  let low = 0;
  let high = Math.max(...drafts.map((d) => d.need / Math.max(d.weight, 1e-9)), 1);
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (heightAt(middle).reduce((a, b) => a + b, 0) > room) high = middle;
    else low = middle;
  }
  return heightAt(low);
}

function drafts(request: CloudRequest): { list: Draft[]; limit: number } {
  const { clustering, vocabulary, chip } = request;
  const all = groups(clustering.words);
  const chips = all.map((group) => chip ?? strongestChip(clustering, group.cluster));
  const limit = scaleEnd(all.flatMap((group, i) => group.members.map((index) => strength(clustering, index, chips[i]!))));
  const list = all.map((group, i): Draft => {
    const words = group.members.map((index): CloudWord => {
      const wordId = clustering.words.ids[index]!;
      const text = vocabulary.text[wordId] ?? '';
      const s = strength(clustering, index, chips[i]!);
      const part = Math.min(1, Math.abs(s) / limit);
      const { size, weight } = look(part);
      const box = measure(text, 'corpus', size, weight);
      return { wordId, index, text, strength: s, share: part, size, weight, ...box, x: 0, baseline: 0 };
    });
    words.sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength) || a.wordId - b.wordId);
    const area = words.reduce((sum, word) => sum + (word.width + 9) * (word.ascent + word.descent + 4), 0);
    const tallest = words.reduce((most, word) => Math.max(most, word.ascent + word.descent), 0);
    const least = Math.max(LEAST, tallest + 2);
    return {
      group,
      chip: chips[i]!,
      words,
      need: Math.max(least, area / FILL / request.column.width),
      least,
      weight: Math.sqrt(words.length) * words.reduce((sum, word) => sum + word.share ** 2 + 0.04, 0) ** 0.35,
    };
  });
  return { list, limit };
}

function gapFor(clouds: number): number {
  return clouds <= 10 ? 16 : clouds <= 16 ? 11 : clouds <= 22 ? 7 : 5;
}

interface Frame {
  group: Group;
  chip: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Packs the words in their order; those left over are counted in a note, for which a corner stays free. */
function fill(frame: Frame, words: readonly CloudWord[], first: ReadonlySet<number>): Cloud {
  const { x, y, width, height } = frame;
  const noteWidth = Math.ceil(measure(`${words.length} more`, 'interface', NOTE_SIZE).width) + 4;
  const corner = { width: noteWidth + 4, height: NOTE_SIZE + 3 };
  const order = first.size
    ? [...words.filter((word) => first.has(word.wordId)), ...words.filter((word) => !first.has(word.wordId))]
    : words;
  let places = pack(order, width, height, null);
  if (places.length < order.length) places = pack(order, width, height, corner);
  const rest = new Set(order);
  const placed = places.map((place) => {
    const word = order[place.index]!;
    rest.delete(word);
    return { ...word, x: x + place.x, baseline: y + place.baseline };
  });
  const more = words.filter((word) => rest.has(word));
  const note = more.length
    ? { x: x + width - noteWidth, y: y + height - NOTE_SIZE - 2, width: noteWidth, height: NOTE_SIZE + 3 }
    : null;
  return { ...frame, words: placed, more, note };
}

/** One cloud per word cluster in draw order; sizes on one scale for all. */
export function layClouds(request: CloudRequest): Clouds {
  const { column, tallest } = request;
  const { list, limit } = drafts(request);
  const gap = tallest ? 24 : gapFor(list.length);
  const room = column.bottom - column.top - gap * (list.length - 1);
  const heights = tallest ? list.map((draft) => Math.min(draft.need, tallest)) : share(list, room);
  const used = heights.reduce((a, b) => a + b, 0);
  const spare = tallest ? 0 : Math.max(0, room - used);
  const extraGap = list.length > 1 ? Math.min(14, spare / (list.length - 1)) : 0;
  let y = column.top;
  const clouds = list.map((draft, i) => {
    const frame = { group: draft.group, chip: draft.chip, x: column.x, y: Math.round(y), width: column.width, height: Math.round(heights[i]!) };
    const cloud = fill(frame, draft.words, new Set());
    y += heights[i]! + gap + extraGap;
    return cloud;
  });
  const last = clouds[clouds.length - 1];
  return { list: clouds, limit, bottom: last ? last.y + last.height : column.top };
}

/** The same clouds with all `wanted` words in sight: a cloud that left one over is packed again with it first. */
export function insist(clouds: Clouds, wanted: readonly number[]): Clouds {
  const first = new Set(wanted);
  const missing = (cloud: Cloud): boolean => cloud.more.some((word) => first.has(word.wordId));
  if (!clouds.list.some(missing)) return clouds;
  const byStrength = (a: CloudWord, b: CloudWord): number => Math.abs(b.strength) - Math.abs(a.strength) || a.wordId - b.wordId;
  const list = clouds.list.map((cloud) => (missing(cloud) ? fill(cloud, [...cloud.words, ...cloud.more].sort(byStrength), first) : cloud));
  return { ...clouds, list };
}

/** Words that raise and that lower a unit cluster most, among the clustered ones, strongest first. */
export function moversOf(clustering: Clustering, unitCluster: number, most: number): { raise: number[]; lower: number[] } {
  const indices = [...clustering.words.ids.keys()];
  const by = indices.sort((a, b) => strength(clustering, b, unitCluster) - strength(clustering, a, unitCluster) || a - b);
  const raise = by.slice(0, most).filter((i) => strength(clustering, i, unitCluster) > 0);
  const lower = by.slice(-most).reverse().filter((i) => strength(clustering, i, unitCluster) < 0);
  return { raise: raise.map((i) => clustering.words.ids[i]!), lower: lower.map((i) => clustering.words.ids[i]!) };
}
