import type { Explorer } from '../state/explorer.svelte';
import { answerWords } from './answer';

/** What the bars of a sentence show, in a line under its title. */
export function sequenceLine(explorer: Explorer, short = false): string {
  if (explorer.pushing.shown) return `What pushed ${answerWords(explorer.model, explorer.followed).subject}`;
  return short ? 'What each word did' : 'What each word did to the memory';
}
