import type { Clustering } from '../data/types';
import type { Chips } from './chips';
import type { Clouds } from './clouds';
import { blockOf, type Blocks } from './blocks';
import { largest } from './scale';

/** A link between a word cluster and a unit cluster, or a step and a unit cluster. */
export interface Link {
  unitCluster: number;
  /** −1 for links from a step. */
  wordCluster: number;
  value: number;
  width: number;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface Links {
  list: Link[];
  /** Whether they are what words push through a chip, and not how far they move it. */
  pushed: boolean;
  /** Links in all, and the |value| below which they are left out. */
  total: number;
  cutoff: number;
}

const WIDEST = 9;
const BETWEEN = 2;
const THINNEST = 0.75;
/** Groups from which on all links are thinner, so that their ends find room at a node. */
const CROWDED = 10;

/** The values whose links are widest: of blocks, and of steps. */
export interface LinkLimits {
  blocks: number;
  steps: number;
  /** Whether both are one quantity and so on one scale: equal widths are equal numbers. */
  alike: boolean;
}

/** One scale for blocks and steps where both are pushes, or both are changes; else one for each. */
export function linkLimits(blocks: number, steps: number, alike: boolean): LinkLimits {
  const both = Math.max(blocks, steps);
  return alike ? { blocks: both, steps: both, alike } : { blocks, steps, alike };
}

/** Width in px of a link of `value`, among as many chips. */
function widthOf(value: number, limit: number, chips: number, factor: number): number {
  const crowd = Math.min(1, CROWDED / Math.max(chips, 1));
  return Math.max(THINNEST, (Math.abs(value) / (limit || 1)) * WIDEST * crowd * factor);
}

export function linkPath(link: Link, shift0 = 0, shift1 = 0): string {
  const middle = (link.x0 + link.x1) / 2;
  const y0 = link.y0 + shift0;
  const y1 = link.y1 + shift1;
  return `M${link.x0} ${y0.toFixed(2)}C${middle} ${y0.toFixed(2)} ${middle} ${y1.toFixed(2)} ${link.x1} ${y1.toFixed(2)}`;
}

/** Centres of stacked ends around the middle of a node; pressed together where the node is too low. */
function stack(widths: readonly number[], middle: number, room: number): number[] {
  const total = widths.reduce((sum, width) => sum + width + BETWEEN, -BETWEEN);
  const press = Math.min(1, room / Math.max(total, 1));
  let y = middle - (total * press) / 2;
  return widths.map((width) => {
    const centre = y + (width * press) / 2;
    y += (width + BETWEEN) * press;
    return centre;
  });
}

interface Node {
  middle: number;
  room: number;
}

/** Places the ends of the links at their nodes: stacked in the order of the nodes at their other ends. */
function place(
  links: readonly Link[],
  key: (link: Link) => number,
  node: (key: number) => Node,
  other: (link: Link) => number,
  at: 'y0' | 'y1',
): void {
  const byNode = new Map<number, Link[]>();
  for (const link of links) byNode.set(key(link), [...(byNode.get(key(link)) ?? []), link]);
  for (const [name, ends] of byNode) {
    ends.sort((a, b) => other(a) - other(b));
    const { middle, room } = node(name);
    stack(
      ends.map((link) => link.width),
      middle,
      room,
    ).forEach((y, i) => (ends[i]![at] = y));
  }
}

export interface LinkRequest {
  clustering: Clustering;
  blocks: Blocks;
  chips: Chips;
  clouds: Clouds;
  spine: number;
  /** Share of the strongest block below which links are left out. */
  threshold: number;
  widthFactor: number;
  /** Strongest block of what other pictures share; this one's own without it. */
  strongest?: number | undefined;
  limits: LinkLimits;
  mirrored?: boolean | undefined;
}

/** Links between chips and clouds: one per block that is strong enough. */
export function layLinks(request: LinkRequest): Links {
  const { clustering, blocks, chips, clouds, spine, threshold, widthFactor, limits, mirrored } = request;
  const strongest = request.strongest ?? largest(blocks.values);
  const cutoff = threshold * strongest;
  const list: Link[] = [];
  const chipOf = new Map(chips.list.map((chip) => [chip.group.cluster, chip]));
  const cloudOf = new Map(clouds.list.map((cloud) => [cloud.group.cluster, cloud]));
  for (const cloud of clouds.list) {
    for (const chip of chips.list) {
      const value = blockOf(blocks, clustering, cloud.group.cluster, chip.group.cluster);
      if (Math.abs(value) < cutoff || value === 0) continue;
      list.push({
        unitCluster: chip.group.cluster,
        wordCluster: cloud.group.cluster,
        value,
        width: widthOf(value, limits.blocks, chips.list.length, widthFactor),
        x0: mirrored ? chip.x : chip.x + chip.width,
        y0: chip.y + chip.height / 2,
        x1: spine,
        y1: cloud.y + cloud.height / 2,
      });
    }
  }
  const room = (height: number): number => Math.max(6, height - 8);
  const chipNode = (cluster: number): Node => {
    const chip = chipOf.get(cluster)!;
    return { middle: chip.y + chip.height / 2, room: room(chip.height) };
  };
  const cloudNode = (cluster: number): Node => {
    const cloud = cloudOf.get(cluster)!;
    return { middle: cloud.y + cloud.height / 2, room: room(cloud.height) };
  };
  const chipMiddle = (link: Link): number => chipNode(link.unitCluster).middle;
  const cloudMiddle = (link: Link): number => cloudNode(link.wordCluster).middle;
  place(list, (link) => link.unitCluster, chipNode, cloudMiddle, 'y0');
  place(list, (link) => link.wordCluster, cloudNode, chipMiddle, 'y1');
  return { list, pushed: blocks.pushed, total: clouds.list.length * chips.list.length, cutoff };
}

export interface StepEnd {
  x: number;
  y: number;
  room: number;
  limits: LinkLimits;
  mirrored?: boolean | undefined;
}

/** Links from a step to every chip: the chip's amount there, its mean change or its push. */
export function stepLinks(chips: Chips, amounts: readonly number[], from: StepEnd, widthFactor: number): Link[] {
  const widths = amounts.map((value) => widthOf(value, from.limits.steps, chips.list.length, widthFactor));
  const ys = stack(widths, from.y, from.room);
  return chips.list.map((chip, i) => ({
    unitCluster: chip.group.cluster,
    wordCluster: -1,
    value: amounts[i]!,
    width: widths[i]!,
    x0: from.x,
    y0: ys[i]!,
    x1: from.mirrored ? chip.x + chip.width : chip.x,
    y1: chip.y + chip.height / 2,
  }));
}

/** The link nearest to a point, within its own width and a little more; `shift` moves the left ends. */
export function linkAt(links: readonly Link[], x: number, y: number, slack = 3): Link | null {
  let best: Link | null = null;
  let least = Infinity;
  for (const link of links) {
    if (x < Math.min(link.x0, link.x1) || x > Math.max(link.x0, link.x1)) continue;
    const t = solve((x - link.x0) / (link.x1 - link.x0));
    const rise = t * t * (3 - 2 * t);
    const slope =
      ((link.y1 - link.y0) * 6 * t * (1 - t)) / Math.max(1e-6, Math.abs(link.x1 - link.x0) * (1.5 - 3 * t * (1 - t)));
    const distance = Math.abs(y - (link.y0 + (link.y1 - link.y0) * rise)) / Math.hypot(1, slope) - link.width / 2;
    if (distance < slack && distance < least) {
      best = link;
      least = distance;
    }
  }
  return best;
}

/** Parameter of the curve where it has gone the share `u` of its width: 1.5t − 1.5t² + t³ = u. */
function solve(u: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 24; i++) {
    const t = (low + high) / 2;
    if (1.5 * t - 1.5 * t * t + t * t * t < u) low = t;
    else high = t;
  }
  return (low + high) / 2;
}
