import type { Explorer } from '../../state/explorer.svelte';
import type { Side } from '../../state/side.svelte';
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
