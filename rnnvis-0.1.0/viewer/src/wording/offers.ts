import type { Sentence } from '../data/types';
import type { Explorer } from '../state/explorer.svelte';
import { aboutMade } from './made';

/** A sentence that may stand beside the first one. */
export interface Offer {
  key: string;
  about: string;
}

const REVERSED = '-reversed';

function partner(name: string): string {
  return name.endsWith(REVERSED) ? name.slice(0, -REVERSED.length) : name + REVERSED;
}

/** Probe sentences other than `key`: the one that says the same in the other order first. */
export function offers(probes: Record<string, string>, key: string | null): Offer[] {
  const own = Object.keys(probes).find((name) => probes[name] === key) ?? null;
  const names = Object.keys(probes).filter((name) => name !== own);
  const first = own === null ? [] : names.filter((name) => name === partner(own));
  return [...first, ...names.filter((name) => !first.includes(name))].map((name) => ({
    key: probes[name]!,
    about: first.includes(name) ? 'The same clauses in the other order' : 'A probe sentence',
  }));
}

/** The probe that says the same as `key` in the other order; null without one. */
export function otherOrder(probes: Record<string, string>, key: string): string | null {
  const own = Object.keys(probes).find((name) => probes[name] === key);
  return own === undefined ? null : (probes[partner(own)] ?? null);
}

/** Two sentences to set side by side, and the word that probes are named by: where they turn. */
export interface Pair {
  first: string;
  second: string;
  turn: string;
}

/** This sentence and its other order, else the first probe and its other order; null without such a pair. */
export function pairOf(probes: Record<string, string>, key: string): Pair | null {
  const names = Object.keys(probes).filter((name) => otherOrder(probes, probes[name]!) !== null);
  const name = names.find((one) => probes[one] === key) ?? names[0];
  if (name === undefined) return null;
  const first = probes[name]!;
  return { first, second: otherOrder(probes, first)!, turn: name.replace(REVERSED, '').split('-').at(-1)! };
}

/** What a sentence is, in a few words: the first one's other order, a probe, or a line of the corpus. */
export function aboutSentence(explorer: Explorer, sentence: Sentence): string {
  const { dataset, view } = explorer;
  if (sentence.key === view.sentence) return 'The same sentence';
  const made = aboutMade(sentence, view.sentence, explorer.clustering, view.state);
  if (made !== null) return made;
  const known = offers(dataset?.probes ?? {}, view.sentence).find(({ key }) => key === sentence.key);
  if (known) return known.about;
  const label = sentence.label === null ? '' : `, labelled ${dataset?.labels[sentence.label] ?? sentence.label}`;
  return `From ${sentence.split}${label}`;
}
