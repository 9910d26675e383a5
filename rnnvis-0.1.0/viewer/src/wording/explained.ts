import type { Explained } from '../data/types';
import { percent } from './format';

/** `The word alone explains 55 % of its changes on held-out text; with the word before 63 %.` */
export function explains({ word, pair }: Explained, whose = 'its'): string {
  const share = (value: number): string => percent(Math.max(0, value));
  return `The word alone explains ${share(word)} of ${whose} changes on held-out text; with the word before ${share(pair)}.`;
}
