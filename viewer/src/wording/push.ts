import type { Explorer } from '../state/explorer.svelte';
import { answerWords, type AnswerWords } from './answer';

/** What the bars of a sentence show, in a line under its title. */
export function sequenceLine(explorer: Explorer, short = false): string {
  if (explorer.pushing.shown) return `What pushed ${answerWords(explorer.model, explorer.followed).subject}`;
  return short ? 'What each word did' : 'What each word did to the memory';
}

/** What orange and blue links between clouds and chips say. */
export function linkKeys(pushed: boolean, { sides }: AnswerWords): readonly [string, string] {
  const [up, down] = sides;
  return pushed ? [`words’ push ${up}`, down] : ['words raise chip', 'words lower chip'];
}
