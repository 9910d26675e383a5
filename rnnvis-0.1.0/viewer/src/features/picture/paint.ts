import type { Clustering } from '../../data/types';
import { halfSide } from '../../model/half';
import type { Scene } from '../../model/scene';
import type { Surface } from '../../paint/surface';
import { paintChips, paintChipsHead, type Before } from '../../paint/chips';
import { paintClouds, type WordsBefore } from '../../paint/clouds';
import { paintLinks, paintStepLinks } from '../../paint/links';
import { paintSequenceHead, paintSequenceHeads, paintSequences } from '../../paint/sequence';
import type { Look } from '../../paint/look';

/** Where units and words stood before the picture changed. */
export interface Origins {
  cells: Before;
  words: WordsBefore;
}

/** The whole picture: the same code paints the screen and a saved figure. */
export function paintPicture(
  surface: Surface,
  scene: Scene,
  clustering: Clustering | null,
  look: Look,
  origins: Origins | null,
  paintHalf: typeof import('../../paint/half').paintHalf | null = null,
): void {
  paintSequences(surface, scene, look);
  paintHalf?.(surface, scene, look);
  if (scene.half?.above) paintSequenceHead(surface, halfSide(scene), { ...look, hover: null });
  else paintSequenceHeads(surface, scene, look);
  paintBoard(surface, scene, clustering, look, look.progress < 1 ? origins : null, true);
}

/** Chips, clouds and the links between them; with `steps` also those from the sentence. */
export function paintBoard(
  surface: Surface,
  scene: Scene,
  clustering: Clustering | null,
  look: Look,
  before: Origins | null,
  steps: boolean,
): void {
  const { columns } = scene;
  const top = Math.min(columns.memory?.top ?? columns.height, columns.words?.top ?? columns.height) - 6;
  const clip = { x: 0, y: top, width: columns.width, height: columns.height - top };
  surface.group({ clip }, () => {
    if (steps) paintStepLinks(surface, scene, look);
    surface.group({ translate: [0, -look.scroll.board] }, () => {
      paintLinks(surface, scene, look);
      paintChips(surface, scene, look, before?.cells ?? null);
      if (clustering) paintClouds(surface, scene, clustering, look, before?.words ?? null);
    });
  });
  paintChipsHead(surface, scene, look);
}

export function originsOf(scene: Scene): Origins {
  const cells = new Map(
    (scene.chips?.list ?? []).flatMap((chip) =>
      chip.cells.map((cell) => [cell.unit, { x: cell.x, y: cell.y }] as const),
    ),
  );
  const words = new Map(
    (scene.clouds?.list ?? []).flatMap((cloud) =>
      cloud.words.map((word) => [word.wordId, { x: word.x, baseline: word.baseline }] as const),
    ),
  );
  return { cells, words };
}
