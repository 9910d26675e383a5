import { linksOfAmounts, type Scene } from '../../model/scene';
import type { SequenceScene } from '../../model/sequenceScene';
import type { Flow } from '../../model/half';
import { diverging } from '../../paint/colour';
import type { Hover } from '../../state/types';
import { linkOpacity, shownStep } from '../../paint/links';
import { shownParts } from '../../model/answerMemory';
import { arcWidth } from '../../paint/answerMemory';
import { attentionOf, barLength } from '../../paint/attention';
import type { Look } from '../../paint/look';

interface Glyph {
  step: number;
  token: string;
  y: number;
  p: number | null;
  push: number | null;
  bars: {
    cluster: number;
    p: number;
    n: number;
    deltaP: number;
    deltaN: number;
    keptRate: number | null;
    amount: number;
  }[];
}

function glyphs(sequence: SequenceScene | null): Glyph[] {
  return (sequence?.rows ?? []).map((row) => ({
    step: row.step,
    token: row.token,
    y: row.y,
    p: row.p,
    push: row.push,
    bars: row.bars.map(({ cluster, p, n, deltaP, deltaN, keptRate }, i) => ({
      amount: row.amounts[i]!,
      cluster,
      p,
      n,
      deltaP,
      deltaN,
      keptRate: Number.isFinite(keptRate) ? keptRate : null,
    })),
  }));
}

/** What was drawn, in numbers: tests compare it with the published data. */
export interface Inspection {
  /** Whether bars, chips and step links are pushes, and not what moved. */
  pushed: boolean;
  chips: {
    cluster: number;
    drawnNumber: number;
    /** Mean over its units, or the sum of their pushes. */
    amount: number;
    /** Units in it, of which several may share a cell. */
    units: number;
    x: number;
    y: number;
    width: number;
    height: number;
    cells: { unit: number; value: number; colour: string; x: number; y: number }[];
  }[];
  clouds: {
    cluster: number;
    drawnNumber: number;
    sizedBy: number;
    words: {
      wordId: number;
      text: string;
      size: number;
      strength: number;
      x: number;
      baseline: number;
      width: number;
    }[];
    more: string[];
  }[];
  glyphs: Glyph[];
  /** The second sentence, and by how much more each chip moved in the first; absent where one stands alone. */
  glyphs2?: Glyph[];
  /** Rows of the other one of an encoder and its decoder, and what is handed over from chip to chip; absent without. */
  half?: { glyphs: Glyph[]; flows: Flow[] | null };
  difference?: { cluster: number; first: number; second: number; value: number }[];
  /** Attention that is drawn: from which step, and of every word its weight and the length of its bar, if it has one. */
  attention: { from: number; pooled: boolean; words: { step: number; weight: number; bar: number | null }[] } | null;
  /** The answer that is taken apart: after which step, what each word is in it, and how wide its arc is; null without. */
  memory: { from: number; answer: number; rest: number; words: { step: number; part: number; width: number }[] } | null;
  followed: { unit: number; values: number[] }[];
  range: readonly [number, number] | null;
  links: { wordCluster: number; unitCluster: number; value: number; width: number; opacity: number }[];
  /** Links from a row, or from the strip of the difference, to the chips; null where none are drawn. */
  stepLinks: { of: Hover; list: { unitCluster: number; value: number; width: number }[] } | null;
  colourLimit: number;
}

function attention({ sequence, columns }: Scene, look: Look): Inspection['attention'] {
  const place = columns.sequence?.attention;
  const shown = sequence && place ? attentionOf(sequence, look) : null;
  if (!shown || !place) return null;
  const { from, pooled, weights, largest } = shown;
  const words = [...weights].map((weight, step) => ({
    step,
    weight,
    bar: pooled ? barLength(weight, largest, place.width) : null,
  }));
  return { from, pooled, words };
}

function memory({ sequence, columns }: Scene, look: Look): Inspection['memory'] {
  const shown = columns.sequence?.attention ? shownParts(sequence?.memory ?? null, look.step) : null;
  if (!shown) return null;
  const words = [...shown.part].map((part, step) => ({ step, part, width: arcWidth(part, sequence!.memory!.largest) }));
  return { from: shown.step, answer: shown.answer, rest: shown.rest, words };
}

function stepLinks(scene: Scene, look: Look): Inspection['stepLinks'] {
  const shown = shownStep(scene, look);
  if (!shown) return null;
  const list = linksOfAmounts(scene, shown.amounts, shown.y, shown.room, look.linkWidth);
  return { of: shown.hover, list: list.map(({ unitCluster, value, width }) => ({ unitCluster, value, width })) };
}

export function inspect(scene: Scene, look: Look): Inspection {
  const scale = diverging(look.theme);
  const limit = scene.colourLimit;
  return {
    pushed: scene.pushed,
    chips: (scene.chips?.list ?? []).map((chip) => ({
      cluster: chip.group.cluster,
      drawnNumber: chip.group.number,
      amount: chip.amount,
      units: chip.group.members.length,
      x: chip.x,
      y: chip.y,
      width: chip.width,
      height: chip.height,
      cells: chip.cells.map((cell) => ({ ...cell, colour: scale.colour(cell.value / limit) })),
    })),
    clouds: (scene.clouds?.list ?? []).map((cloud) => ({
      cluster: cloud.group.cluster,
      drawnNumber: cloud.group.number,
      sizedBy: cloud.chip,
      words: cloud.words.map(({ wordId, text, size, strength, x, baseline, width }) => ({
        wordId,
        text,
        size,
        strength,
        x,
        baseline,
        width,
      })),
      more: cloud.more.map((word) => word.text),
    })),
    glyphs: glyphs(scene.sequence),
    ...(scene.second ? { glyphs2: glyphs(scene.second) } : {}),
    ...(scene.half ? { half: { glyphs: glyphs(scene.half.sequence), flows: scene.half.flows } } : {}),
    ...(scene.difference
      ? {
          difference: scene.difference.bars.map(({ cluster, first, second, value }) => ({
            cluster,
            first,
            second,
            value,
          })),
        }
      : {}),
    attention: attention(scene, look),
    memory: memory(scene, look),
    followed: (scene.sequence?.followed.list ?? []).map(({ unit, values }) => ({ unit, values: [...values] })),
    range: look.range,
    links: (scene.links?.list ?? []).map((link, _, all) => {
      const { wordCluster, unitCluster, value, width } = link;
      return { wordCluster, unitCluster, value, width, opacity: linkOpacity(link, look, all.length) };
    }),
    stepLinks: stepLinks(scene, look),
    colourLimit: limit,
  };
}
