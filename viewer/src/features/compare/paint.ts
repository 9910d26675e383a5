import type { Clustering } from '../../data/types';
import type { CompareScene } from '../../model/compareScene';
import type { SequenceColumn } from '../../model/layout';
import type { Row } from '../../model/sequenceScene';
import type { Surface } from '../../paint/surface';
import { paintChips } from '../../paint/chips';
import { paintClouds } from '../../paint/clouds';
import { paintLinks, paintStepLinks } from '../../paint/links';
import type { Look } from '../../paint/look';
import {
  paintBarMark,
  paintBarNumbers,
  paintGlyph,
  paintStrip,
  paintToken,
  paintTrackAxis,
} from '../../paint/sequence';
import { paintOutlines, paintTrays } from './paintOverlay';
import { paintPushesHead, paintWordPushes } from './paintPushes';
import { paintTracks } from './paintTrack';

/** What is painted: both sides, how they look, and how strongly the chips of B match. */
export interface ComparePainting {
  scene: CompareScene;
  looks: { a: Look; b: Look };
  clusterings: { a: Clustering | null; b: Clustering | null };
  /** By unit cluster of B. */
  strengths: ReadonlyMap<number, number>;
}

const SIDES = ['a', 'b'] as const;

function paintRows({ scene, looks }: ComparePainting, surface: Surface): void {
  const { columns } = scene;
  const look = looks.a;
  const rows = scene.a.sequence?.rows ?? [];
  const { left, right } = columns.band;
  const overlaid = columns.layout === 'overlay';
  const visible = (row: Row): boolean =>
    row.y + columns.rowPitch > look.scroll.sequence &&
    row.y - columns.rowPitch < look.scroll.sequence + columns.bottom - columns.top;
  for (const row of rows) {
    const pinned = row.step === look.step;
    const hovered = look.hover?.kind === 'step' && look.hover.step === row.step;
    const top = row.y - columns.rowPitch / 2;
    if (pinned || hovered)
      surface.rect(left, top, right - left, columns.rowPitch, { fill: look.theme.wash, opacity: pinned ? 1 : 0.6 });
    if (pinned && overlaid) surface.rect(0, top, 3, columns.rowPitch, { fill: look.theme.ink });
  }
  paintWordPushes(surface, scene, look);
  paintTracks(surface, scene, look);
  for (const side of SIDES) {
    const { sequence, columns: place } = scene[side];
    const column = place.sequence;
    if (!sequence || !column) continue;
    const over = overlaid && side === 'b';
    const bars = overlaid ? half(column, side) : column;
    for (const row of sequence.rows.filter(visible)) {
      if (row.step > 0) paintStrip(surface, row, bars, look.theme);
      if (!row.bars.length) continue;
      if (over) paintOutlines(surface, row, bars, sequence.scale, looks.b);
      else paintGlyph(surface, row, bars, sequence.scale, look.theme);
    }
    if (!over) paintBarMark(surface, sequence, column, looks[side]);
  }
  const column = columns.a.sequence;
  if (column)
    for (const row of rows.filter(visible)) paintToken(surface, row, column, row.step === look.step, look.theme);
}

/** Where the bars of a side stand in the overlay: A in the left half of each column, B in the right half. */
function half(column: SequenceColumn, side: 'a' | 'b'): SequenceColumn {
  const bar = column.bar / 2;
  return { ...column, glyphX: column.glyphX + (side === 'a' ? 0 : bar), bar };
}

/** The whole comparison: the same code paints the screen and a saved figure. */
export function paintCompare(surface: Surface, painting: ComparePainting): void {
  const { scene, looks, clusterings, strengths } = painting;
  const { columns } = scene;
  const offset = columns.top - looks.a.scroll.sequence;
  const clip = { x: 0, y: columns.top, width: columns.a.width, height: columns.bottom - columns.top };
  surface.group({ name: 'sequence', clip }, () =>
    surface.group({ translate: [0, offset] }, () => paintRows(painting, surface)),
  );
  for (const side of SIDES) {
    const { sequence } = columns[side];
    if (sequence && (side === 'a' || columns.layout === 'mirror'))
      paintBarNumbers(surface, scene[side], sequence, looks[side], columns.top - 6);
  }
  const trackName = scene.a.sequence?.trackName || scene.b.sequence?.trackName || '';
  if (columns.track && trackName)
    paintTrackAxis(surface, columns.track, trackName, columns.top - 6, looks.a.theme, scene.a.sequence?.trackRange);
  paintPushesHead(surface, columns, columns.top - 6, looks.a.theme);
  const { boardTop } = columns;
  const board = { x: 0, y: boardTop - 6, width: columns.a.width, height: columns.a.height - boardTop + 6 };
  const scrolled: [number, number] = [0, -looks.a.scroll.board];
  surface.group({ clip: board }, () => {
    if (columns.layout === 'overlay')
      surface.group({ translate: scrolled }, () => paintTrays(surface, scene, strengths, looks.b));
    for (const side of SIDES) {
      const beside = boardTop === columns.top;
      if (beside && (side === 'a' || columns.layout === 'mirror')) paintStepLinks(surface, scene[side], looks[side]);
      surface.group({ translate: scrolled }, () => {
        paintLinks(surface, scene[side], looks[side]);
        paintChips(surface, scene[side], looks[side], null);
        const clustering = clusterings[side];
        if (clustering) paintClouds(surface, scene[side], clustering, looks[side], null);
      });
    }
  });
  if (looks.a.scroll.sequence > 0)
    surface.line(columns.band.left, columns.top + 0.5, columns.band.right, columns.top + 0.5, {
      stroke: looks.a.theme.line,
    });
}
