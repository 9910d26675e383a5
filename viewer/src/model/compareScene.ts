import type { Clustering } from '../data/types';
import { blocksOf, type Blocks } from './blocks';
import { measure } from './text';
import { layChips } from './chips';
import { cloudLimit } from './clouds';
import { compareColumns, TRAY, type CompareColumns } from './compareLayout';
import { unitClusters } from './groups';
import type { Box } from './layout';
import { colourLimit, largest } from './scale';
import { hasTrack } from './track';
import { buildScene, type Scene } from './scene';
import { sequenceScene, TOKEN_SIZE, type SequenceScene } from './sequenceScene';
import type { PictureData, SharedScales } from './pictureData';

/** Two pictures on one set of scales around one sentence. */
export interface CompareScene {
  columns: CompareColumns;
  a: Scene;
  b: Scene;
}

export interface CompareData {
  a: PictureData;
  b: PictureData;
}

function linked({ weights, movedLinks, followed }: PictureData, clustering: Clustering): Blocks {
  return blocksOf(clustering, weights !== null && !movedLinks, followed ?? null);
}

/** Both sides with links of one kind: what words push where both know it. */
function alike({ a, b }: CompareData): CompareData {
  const movedLinks = ![a, b].every((side) => side.clustering && linked(side, side.clustering).pushed);
  return { a: { ...a, movedLinks }, b: { ...b, movedLinks } };
}

function sharedScales(data: CompareData, sequences: readonly (SequenceScene | null)[]): SharedScales {
  const both = [data.a, data.b];
  const most = (of: (side: PictureData) => number): number | undefined => Math.max(0, ...both.map(of)) || undefined;
  return {
    colour: most((side) =>
      side.focusValues || side.colourScale === 'fixed'
        ? colourLimit(side.focusValues, side.colourScale, side.state, side.weights)
        : 0,
    ),
    links: most((side) => (side.clustering ? largest(linked(side, side.clustering).values) : 0)),
    words: most((side) => (side.clustering ? cloudLimit(side.clustering, side.sizedBy) : 0)),
    step: Math.max(0, ...sequences.map((sequence) => sequence?.amountLimit ?? 0)) || undefined,
  };
}

/** Sizes of the other side's chips in the same places, so that matched chips get frames of one height. */
function sizesOf(data: PictureData): number[] {
  const units = data.clustering?.units;
  return units
    ? units.order.map((cluster) => units.labels.reduce((n, label) => n + (label === cluster ? 1 : 0), 0))
    : [];
}

/** How many chips a side has. */
export function clustersOf({ clustering }: PictureData): number {
  return clustering ? unitClusters(clustering) : 8;
}

function columnsFor(data: CompareData, box: Box, layout: 'mirror' | 'overlay'): CompareColumns {
  const surface = data.a.sentence?.surface ?? [];
  const tokenWidth = surface.reduce(
    (most, token) => Math.max(most, measure(token, 'corpus', TOKEN_SIZE, 700).width),
    0,
  );
  return compareColumns(box, layout, {
    tokenWidth: Math.ceil(tokenWidth) + 1,
    tokens: surface.length,
    clusters: { a: clustersOf(data.a), b: clustersOf(data.b) },
    hasPush: [data.a, data.b].some((side) => side.steps?.push),
    hasTrack: [data.a, data.b].some((side) => side.model !== null && hasTrack(side.model)),
  });
}

/** Both sides, laid out. */
export function buildCompare(given: CompareData, box: Box, layout: 'mirror' | 'overlay'): CompareScene {
  const data = alike(given);
  const columns = columnsFor(data, box, layout);
  const alone = { a: sequenceScene(data.a, columns.a), b: sequenceScene(data.b, columns.b) };
  const ranges = [alone.a, alone.b].flatMap((one) => (one?.trackName ? [one.trackRange] : []));
  const range = [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] as const;
  const scale = Math.min(alone.a?.scale || Infinity, alone.b?.scale || Infinity);
  const rescaled = (sequence: SequenceScene | null): SequenceScene | null =>
    sequence && {
      ...sequence,
      scale: Number.isFinite(scale) ? scale : 0,
      trackRange: ranges.length ? range : sequence.trackRange,
    };
  const scales = sharedScales(data, [alone.a, alone.b]);
  const overlaid = layout === 'overlay';
  const dataA = { ...data.a, scales, ...(overlaid ? { reserve: sizesOf(data.b) } : {}) };
  const dataB = { ...data.b, scales };
  const a = buildScene(dataA, box, 'wide', { columns: columns.a, sequence: rescaled(alone.a) });
  const b = buildScene(dataB, box, 'wide', { columns: columns.b, sequence: rescaled(alone.b) });
  if (columns.layout !== 'overlay' || !a.chips || !data.b.clustering) return { columns, a, b };
  const chips = layChips({
    clustering: data.b.clustering,
    values: data.b.focusValues,
    adds: data.b.weights !== null,
    column: columns.b.memory!,
    centres: data.b.clustering.units.order.map((_, i) => {
      const chip = a.chips!.list[Math.min(i, a.chips!.list.length - 1)]!;
      return chip.y + chip.height / 2;
    }),
    align: data.b.chipAlign,
    below: 0,
    reserve: sizesOf(data.a),
  });
  return { columns, a: { ...a, links: a.links && throughTrays(a, columns) }, b: { ...b, chips } };
}

/** In the overlay a pair of chips stands as one: links leave at the right end of its tray. */
function throughTrays(a: Scene, columns: CompareColumns): Scene['links'] {
  const right = columns.b.memory!.x + columns.b.memory!.width + TRAY;
  return a.links && { ...a.links, list: a.links.list.map((link) => ({ ...link, x0: right })) };
}
