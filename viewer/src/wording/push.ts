import type { Explorer } from '../state/explorer.svelte';
import type { LinkLimits } from '../model/links';
import { signed } from './titles';
import { answerWords, type AnswerWords } from './answer';
import { inNouns, nounsOf, type Nouns } from './nouns';

/** What the bars of a sentence show, in a line under its title. */
export function sequenceLine(explorer: Explorer, short = false): string {
  if (explorer.pushing.shown) {
    const { subject, note } = answerWords(explorer.model, explorer.followed);
    return `What pushed ${subject}${note === null ? '' : ', to first order'}`;
  }
  return inNouns(short ? 'What each word did' : 'What each word did to the memory', nounsOf(explorer.dataset));
}

/** What orange and blue links between clouds and chips say. */
export function linkKeys(pushed: boolean, { sides }: AnswerWords, { steps }: Nouns): readonly [string, string] {
  const [up, down] = sides;
  return pushed ? [`${steps}’ push ${up}`, down] : [`${steps} raise chip`, `${steps} lower chip`];
}

/** What the widest links stand for: one number where links of words and of a sentence's steps have one scale. */
export function widestLinks({ blocks, steps, alike }: LinkLimits): string {
  return alike || steps === 0 ? `widest ${size(blocks)}` : `widest ${size(blocks)} of words, ${size(steps)} of steps`;
}

/** The same in a sentence. */
export function linkWidths({ blocks, steps, alike }: LinkLimits): string {
  if (steps === 0) return `The widest link of words stands for ${size(blocks)}`;
  return alike
    ? `Links of words and of the sentence’s steps have one scale: the widest stands for ${size(blocks)}`
    : `Links of words and of steps are two quantities, each on a scale of its own: the widest of words stands for ${size(blocks)}, the widest of steps for ${size(steps)}`;
}

function size(value: number): string {
  return signed(value).slice(1);
}

/** What ribbons between an encoder and its decoder are. */
export const HANDED = 'handed over';
export const HANDED_ABOUT =
  'From each chip of the encoder to the decoder’s chips with the same units, as wide as the sum of their |state|. The widest, which carry half of it, are darker';
