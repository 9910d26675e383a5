import type { Matching } from '../../data/comparison';
import type { Clustering, Vocabulary } from '../../data/types';
import { matchBack, matchOf, type Match } from '../../model/matching';
import type { Hover } from '../../state/types';

export type SideName = 'a' | 'b';

/** What the pointer or the keyboard rests on, and on which side. */
export interface Attention {
  side: SideName;
  hover: Hover;
}

/** What answers on the other side to what has the attention here. */
export interface Answering {
  units: Matching | null;
  clusters: Matching | null;
  /** Of the side that answers. */
  clustering: Clustering | null;
  vocabulary: Vocabulary | null;
  /** Of the side that is attended. */
  from: Vocabulary | null;
}

/** The partner of a unit or a cluster of `side` on the other side. */
export function partnerOf(matching: Matching | null, side: SideName, member: number): Match | null {
  return side === 'a' ? matchOf(matching, member) : matchBack(matching, member);
}

/** The word of the same text, with the cluster it stands in there. */
function sameWord(wordId: number, { clustering, vocabulary, from }: Answering): Hover | null {
  const text = from?.text[wordId];
  const id = text === undefined ? undefined : vocabulary?.id.get(text);
  const i = id === undefined ? -1 : (clustering?.words.ids.indexOf(id) ?? -1);
  return id === undefined || i < 0 ? null : { kind: 'word', wordId: id, cluster: clustering!.words.labels[i]! };
}

/** What is drawn as attended on the other side: the matched chip and unit, the same step, the same word. */
export function answer({ side, hover }: Attention, answering: Answering): Hover | null {
  switch (hover.kind) {
    case 'step': {
      const match = hover.cluster === null ? null : partnerOf(answering.clusters, side, hover.cluster);
      return { kind: 'step', step: hover.step, cluster: match?.partner ?? null };
    }
    case 'chip': {
      const match = partnerOf(answering.clusters, side, hover.cluster);
      const unit = hover.unit === null ? null : partnerOf(answering.units, side, hover.unit);
      return match && { kind: 'chip', cluster: match.partner, unit: unit?.partner ?? null };
    }
    case 'word':
      return sameWord(hover.wordId, answering);
    default:
      return null;
  }
}
