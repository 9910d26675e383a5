import type { Cloud, CloudWord } from '../model/clouds';
import { strength } from '../model/groups';
import type { Scene } from '../model/scene';
import type { Clustering } from '../data/types';
import { clusterColour, mix } from './colour';
import { speechColour } from './speech';
import { measure } from '../model/text';
import type { Surface } from './surface';
import { activeChip, activeCloud, type Look } from './look';

/** Where a word was in the picture before. */
export type WordsBefore = ReadonlyMap<number, { x: number; baseline: number }>;

function ink(word: CloudWord, cloud: Cloud, share: number, look: Look): string {
  const { theme } = look;
  const plain = mix(theme.ink3, theme.ink, Math.min(1, 0.1 + 1.4 * share));
  if (look.colourWords === 'cluster')
    return mix(theme.ink3, clusterColour(cloud.group.number - 1, theme), Math.min(1, 0.5 + share));
  if (look.colourWords === 'speech') return speechColour(look.speech?.(word.wordId), theme);
  if (look.colourWords !== 'class') return plain;
  const effect = look.effects?.(word.wordId) ?? null;
  if (effect === null || effect === 0) return theme.ink3;
  return mix(theme.ink3, (effect > 0 ? theme.positive : theme.negative).text, Math.min(1, 0.25 + Math.abs(effect)));
}

function pill(word: CloudWord, look: Look): { fill: string; text: string; dashed: boolean } | null {
  const { theme } = look;
  const i = look.wordIds.indexOf(word.wordId);
  if (i === 0 || i === 1) return { fill: theme.selected[i], text: theme.onSelected, dashed: false };
  if (word.wordId === look.pinnedWord) return { fill: theme.ink, text: theme.onInk, dashed: false };
  return i === 2 ? { fill: theme.background, text: theme.ink, dashed: true } : null;
}

function box(word: CloudWord): { x: number; y: number; width: number; height: number } {
  const ascent = Math.max(word.ascent, word.size * 0.5);
  return { x: word.x - 6, y: word.baseline - ascent - 2.5, width: word.width + 12, height: ascent + word.descent + 5 };
}

function paintWord(surface: Surface, word: CloudWord, cloud: Cloud, share: number, look: Look): void {
  const { theme, hover } = look;
  const shape = pill(word, look);
  const hovered = hover?.kind === 'word' && hover.wordId === word.wordId;
  const { x, y, width, height } = box(word);
  if (shape) {
    surface.roundRect(x, y, width, height, 5, {
      fill: shape.fill,
      ...(shape.dashed ? { stroke: theme.ink, strokeWidth: 1.5, dash: [3, 2.5] } : {}),
    });
  }
  if (hovered) surface.roundRect(x, y, width, height, 5, { stroke: theme.ink, strokeWidth: 2 });
  surface.text(word.x, word.baseline, word.text, {
    family: 'corpus',
    size: word.size,
    weight: word.weight,
    fill: shape ? shape.text : ink(word, cloud, share, look),
  });
}

function paintSpine(surface: Surface, cloud: Cloud, x: number, look: Look): void {
  const { theme } = look;
  const pinned =
    cloud.group.cluster === look.pinnedCloud ||
    (look.held?.kind === 'cloud' && look.held.cluster === cloud.group.cluster);
  const active = pinned || activeCloud(look) === cloud.group.cluster;
  const width = pinned ? 3 : 2;
  surface.line(x + width / 2, cloud.y, x + width / 2, cloud.y + cloud.height, {
    stroke: active ? theme.ink : theme.grey,
    strokeWidth: width,
    ...(cloud.group.unstable ? { dash: [4, 3] } : {}),
  });
}

function paintNote(surface: Surface, cloud: Cloud, look: Look): void {
  if (!cloud.note) return;
  const { x, y, width, text } = cloud.note;
  const fill = look.theme.ink3;
  surface.text(x + width, y + 11, text, { family: 'interface', size: 11, fill, align: 'right' });
  surface.line(x + width - measure(text, 'interface', 11).width, y + 13.5, x + width, y + 13.5, { stroke: fill });
}

export function paintClouds(
  surface: Surface,
  scene: Scene,
  clustering: Clustering,
  look: Look,
  before: WordsBefore | null,
): void {
  const { clouds, columns } = scene;
  if (!clouds || !columns.words) return;
  const { spine } = columns.words;
  const chip = activeChip(look);
  const front = activeCloud(look);
  const t = look.progress;
  surface.group({ name: 'words' }, () => {
    for (const cloud of clouds.list) {
      const faded = front !== null && front !== cloud.group.cluster && look.hover?.kind !== 'word';
      surface.group({ opacity: faded ? 0.45 : undefined }, () => {
        paintSpine(surface, cloud, spine, look);
        for (const word of cloud.words) {
          const share =
            chip === null ? word.share : Math.min(1, Math.abs(strength(clustering, word.index, chip)) / clouds.limit);
          const opacity = chip === null || pill(word, look) ? 1 : 0.3 + 0.7 * Math.min(1, 1.6 * share);
          const from = before?.get(word.wordId);
          const moved = from
            ? {
                ...word,
                x: from.x + (word.x - from.x) * t,
                baseline: from.baseline + (word.baseline - from.baseline) * t,
              }
            : word;
          const alpha = before && !from ? opacity * t : opacity;
          if (alpha < 1) surface.group({ opacity: alpha }, () => paintWord(surface, moved, cloud, share, look));
          else paintWord(surface, moved, cloud, share, look);
        }
        paintNote(surface, cloud, look);
      });
    }
  });
}
