import { linkPath, type Link } from '../model/links';
import { secondSide, type DifferenceScene } from '../model/pair';
import { linksOfAmounts, type Scene } from '../model/scene';
import { sign } from './colour';
import type { Surface } from './surface';
import type { Hover } from '../state/types';
import { activeChip, activeCloud, BACK, BEHIND_PIN, calm, FRONT, type Look } from './look';

/** How strongly a link between chips and clouds is drawn under what has the attention. */
export function linkOpacity(link: Link, look: Look, links: number): number {
  const { hover, held } = look;
  if (hover?.kind === 'link')
    return hover.wordCluster === link.wordCluster && hover.unitCluster === link.unitCluster ? FRONT : BACK;
  const chip = activeChip(look);
  const cloud = activeCloud(look);
  if (chip !== null) return link.unitCluster === chip ? FRONT : BACK;
  if (cloud !== null) return link.wordCluster === cloud ? FRONT : BACK;
  if (hover?.kind === 'step' || hover?.kind === 'difference') return BACK;
  if (held) return calm(links);
  if (look.pinnedCloud !== null)
    return link.wordCluster === look.pinnedCloud ? FRONT : Math.min(BEHIND_PIN, calm(links));
  return calm(links);
}

/** On the dark ground what is pale would be lost. */
const DARK_PALE = 0.8;

function paintLink(surface: Surface, link: Link, opacity: number, look: Look): void {
  surface.path(linkPath(link), {
    stroke: sign(link.value, look.theme).mark,
    strokeWidth: link.width,
    opacity: look.theme.name === 'dark' ? opacity ** DARK_PALE : opacity,
  });
}

/** Links between chips and clouds; those in front last. */
export function paintLinks(surface: Surface, scene: Scene, look: Look): void {
  const { links } = scene;
  if (!links) return;
  const drawn = links.list
    .map((link) => ({ link, opacity: linkOpacity(link, look, links.list.length) }))
    .sort((a, b) => a.opacity - b.opacity);
  surface.group({ name: 'links', opacity: look.progress < 1 ? look.progress : undefined }, () => {
    for (const { link, opacity } of drawn) paintLink(surface, link, opacity, look);
  });
}

interface Shown {
  /** What is shown of every chip, by which the links are drawn. */
  amounts: readonly number[];
  hover: Hover;
  y: number;
  room: number;
  inSight: boolean;
}

function differenceShown(difference: DifferenceScene): Shown {
  const amounts = difference.bars.map((bar) => bar.value);
  return { amounts, hover: { kind: 'difference', cluster: -1 }, y: difference.middle, room: 40, inSight: true };
}

/** The step whose links are drawn, where its row lies on the screen, and whether the row is in sight. */
export function shownStep(scene: Scene, look: Look): Shown | null {
  const { hover } = look;
  const step = hover?.kind === 'step' ? hover : null;
  if (scene.difference && !step && (hover?.kind === 'difference' || look.shown === 'difference'))
    return differenceShown(scene.difference);
  const second = step ? step.second === true : look.shown === 'second';
  const side = second ? secondSide(scene) : scene;
  const column = side.columns.sequence;
  const index = step ? step.step : look.stepShown ? (second ? (look.step2 ?? null) : look.step) : null;
  const row = index === null ? undefined : side.sequence?.rows[index];
  if (!column || !row) return null;
  const y = column.top + row.y - look.scroll.sequence;
  const inset = Math.min(column.rowPitch / 2, 20);
  const held = Math.min(column.bottom - inset, Math.max(column.top + inset, y));
  const target: Hover = { kind: 'step', step: row.step, cluster: null, ...(second ? { second } : {}) };
  return {
    amounts: row.amounts,
    hover: target,
    y: held,
    room: column.rowPitch - 10,
    inSight: Math.abs(held - y) < column.rowPitch / 2,
  };
}

/** Links from the pinned or hovered step to the chips; pale where the row has scrolled out of sight. */
export function paintStepLinks(surface: Surface, scene: Scene, look: Look): void {
  const shown = shownStep(scene, look);
  if (!shown) return;
  const list = linksOfAmounts(scene, shown.amounts, shown.y, shown.room, look.linkWidth);
  const { hover } = look;
  const single =
    hover?.kind === 'chip'
      ? hover.cluster
      : hover?.kind === 'step' || hover?.kind === 'difference'
        ? hover.cluster
        : hover?.kind === 'link'
          ? hover.unitCluster
          : (activeChip(look) ?? null);
  const calm = hover?.kind === 'cloud' || hover?.kind === 'word' ? 0.3 : 0.88;
  surface.group(
    { name: 'step-links', opacity: shown.inSight ? (look.progress < 1 ? look.progress : undefined) : 0.35 },
    () => {
      for (const link of list) {
        const shifted = { ...link, y1: link.y1 - look.scroll.board };
        paintLink(surface, shifted, single === null ? calm : single === link.unitCluster ? FRONT : BACK, look);
      }
    },
  );
}
