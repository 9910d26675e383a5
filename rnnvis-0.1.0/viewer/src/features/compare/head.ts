import type { Explorer } from '../../state/explorer.svelte';
import type { Side } from '../../state/side.svelte';
import { headOf, type Head } from '../../wording/head';
import { sideNames, titleOf } from './names';
import type { HeadTexts } from './paintHead';

/** What stands above the columns; null where there is nothing to compare with. */
export function headTexts(explorer: Explorer, side: Side): HeadTexts | null {
  if (!side.a || !side.entries) return null;
  const word = explorer.focus === 'word' ? explorer.focusWord : explorer.sentence?.surface[explorer.step ?? 0];
  const what = side.pushed ? 'push' : 'change';
  const change = explorer.focus === 'word' ? `usual ${what}` : what;
  return {
    names: sideNames(side.a, side.entries),
    title: titleOf(side.a, side.entries),
    chips: {
      a: explorer.focus === null ? 'chips' : `${change} at “${word ?? ''}”`,
      b: side.inMatchOrder ? 'chips in A’s order' : 'chips in their own order',
    },
  };
}

/** What stands over the sentence of each side: tints, answer and sum. */
export function headsOf(explorer: Explorer, side: Side): { a: Head | null; b: Head | null } {
  const { sentence, dataset, view } = explorer;
  const labels = dataset?.labels ?? [];
  return {
    a: headOf(side.a?.model ?? null, labels, sentence, explorer.steps, view.towards),
    b: headOf(side.entries?.model ?? null, labels, sentence, side.steps, view.towards),
  };
}
