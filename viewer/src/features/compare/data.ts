import type { PictureData } from '../../model/pictureData';
import { matchBack, matchLabel } from '../../model/matching';
import type { Explorer } from '../../state/explorer.svelte';
import type { Side } from '../../state/side.svelte';
import { calmLook, pictureData } from '../../ui/board/data';
import type { Look } from '../../paint/look';
import type { Held } from '../../state/types';
import type { Clustering } from '../../data/types';
import type { SideName } from './attention';
import { partnerOf } from './attention';

export type HeldSide = { side: SideName; held: NonNullable<Held> } | null;

/** Cluster of either side that a held chip sizes the words by. */
function sizedBy(side: Side, held: HeldSide, of: SideName): number | null {
  if (held?.held.kind !== 'chip') return null;
  if (held.side === of) return held.held.cluster;
  return partnerOf(side.matches?.clusters ?? null, held.side, held.held.cluster)?.partner ?? null;
}

/** What is drawn of A, the view of the store, and of B beside it. */
export function compareData(explorer: Explorer, side: Side, held: HeldSide): { a: PictureData; b: PictureData } {
  const drawn = { ...pictureData(explorer, sizedBy(side, held, 'a'), false), second: null };
  const a: PictureData = side.pushed ? drawn : { ...drawn, weights: null, focusValues: explorer.colouring.moved };
  const { entries } = side;
  return {
    a,
    b: {
      ...a,
      sentence: side.aligned ? side.sentence : null,
      steps: side.steps,
      sequence: side.sequence,
      clustering: side.clustering,
      vocabulary: side.vocabulary,
      model: entries?.model ?? null,
      state: entries?.state ?? null,
      focusValues: side.focusValues,
      weights: side.weights,
      step: side.aligned ? a.step : null,
      sizedBy: sizedBy(side, held, 'b'),
    },
  };
}

function cloudOf(clustering: Clustering | null, wordId: number | null): number | null {
  const i = clustering && wordId !== null ? clustering.words.ids.indexOf(wordId) : -1;
  return i < 0 ? null : clustering!.words.labels[i]!;
}

type Notes = NonNullable<Look['chipNotes']>;

function unitCounts(clustering: Clustering | null): Notes {
  const notes = new Map<number, { text: string; strong: boolean }>();
  for (const { cluster, size } of clustering?.units.summaries ?? [])
    notes.set(cluster, { text: `${size} ${size === 1 ? 'unit' : 'units'}`, strong: false });
  return notes;
}

/** `match 0.85` on every chip of B; in B's own order also with whom. */
function matchNotes(explorer: Explorer, side: Side): Notes {
  const matching = side.matches?.clusters ?? null;
  if (!matching || !side.clustering) return unitCounts(side.clustering);
  const numbers = new Map((explorer.clustering?.units.order ?? []).map((cluster, i) => [cluster, i + 1]));
  const notes = new Map<number, { text: string; strong: boolean }>();
  for (const cluster of side.clustering.units.order) {
    const match = matchBack(matching, cluster);
    const label = matchLabel(match?.strength ?? NaN);
    const partner =
      match && !side.inMatchOrder
        ? `${label.replace(/^match/, '')} ↔ ${numbers.get(match.partner) ?? ''}`.trim()
        : label;
    notes.set(cluster, { text: partner, strong: label.startsWith('weak') });
  }
  return notes;
}

/** Strength of the match of every chip of B that has one. */
export function strengthsOf(side: Side): Map<number, number> {
  const matching = side.matches?.clusters ?? null;
  const strengths = new Map<number, number>();
  for (const cluster of side.clustering?.units.order ?? []) {
    const match = matchBack(matching, cluster);
    if (match) strengths.set(cluster, match.strength);
  }
  return strengths;
}

/** How both sides look while nothing is under the pointer. */
export function compareLooks(explorer: Explorer, side: Side, effects: Look['effects']): { a: Look; b: Look } {
  const a = { ...calmLook(explorer, effects), chipNotes: unitCounts(explorer.clustering) };
  const { vocabulary, clustering, sentence } = side;
  const idOf = (text: string): number | undefined => vocabulary?.id.get(text);
  const pinned = side.aligned && sentence && explorer.step !== null ? sentence.tokens[explorer.step]! : null;
  const front =
    explorer.focus === 'word' ? (idOf(explorer.focusWord ?? '') ?? null) : explorer.focus === 'step' ? pinned : null;
  return {
    a,
    b: {
      ...a,
      step: side.aligned ? a.step : null,
      wordIds: explorer.view.words.map((text) => idOf(text) ?? -1),
      pinnedWord: pinned,
      pinnedCloud: cloudOf(clustering, front),
      units: [],
      effects: null,
      chipNotes: matchNotes(explorer, side),
    },
  };
}
