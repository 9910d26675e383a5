import type { Explorer } from '../../state/explorer.svelte';
import type { SideEntries } from '../../state/defaults';
import { shortModel, shortState } from '../../state/sides';
import type { Side } from '../../state/side.svelte';
import { count } from '../../wording/format';

export interface SideName {
  /** `GRU`, with what tells the sides apart: the state, the epoch, the corpus. */
  title: string;
  /** More of it, the most telling first. */
  about: string[];
}

/** Both sides by what tells them apart; their sizes below. */
export function sideNames(a: SideEntries, b: SideEntries): { a: SideName; b: SideName } {
  const name = (one: SideEntries, other: SideEntries): SideName => {
    const parts = [shortModel(one.model.title, one.dataset.models)];
    if (one.state.title !== other.state.title) parts.push(shortState(one.state.title));
    if (one.choice.epoch !== other.choice.epoch)
      parts.push(one.choice.epoch === null ? 'last epoch' : `epoch ${one.choice.epoch}`);
    const about = [`${count(one.state.units)} units`, `${count(one.model.parameters)} parameters`];
    if (one.dataset.name !== other.dataset.name) about.unshift(one.dataset.title);
    return { title: parts.join(', '), about };
  };
  return { a: name(a, b), b: name(b, a) };
}

/** One sentence, two memories: the title says what differs. */
export function titleOf(a: SideEntries, b: SideEntries): string {
  if (a.dataset.name !== b.dataset.name) return 'One sentence, two corpora';
  if (a.choice.model !== b.choice.model) return 'One sentence, two memories';
  return a.choice.epoch === b.choice.epoch ? 'One sentence, two states' : 'One sentence, two epochs';
}

/** What the reader should know about the pairing, in words; null where all is as it should be. */
export function pairingNote(explorer: Explorer, side: Side): string | null {
  const notes: string[] = [];
  if (side.sentenceMissing && side.entries) {
    notes.push(
      explorer.sentence === null
        ? 'No sentence is chosen: chips and words are compared without one.'
        : `The text of ${side.entries.dataset.title} does not hold this sentence: bars and probabilities are A’s alone.`,
    );
  } else if (side.aligned && side.sequence === null) {
    notes.push('The states of B along this sentence are neither published nor worked out here.');
  }
  if (side.matches && !side.matches.clusters) {
    const early = [side.entries, side.a].some((entries) => typeof entries?.choice.epoch === 'number');
    notes.push(
      `${early ? 'Matches are published between last epochs only' : 'No matches were published for these two'}: the chips of B stand in their own order.`,
    );
  }
  return notes.length ? notes.join(' ') : null;
}
