import { effectScore, scoreOf } from '../data/answer';
import type { Explorer } from './explorer.svelte';

export type Effects = (wordId: number) => number | null;

/** Effects of all words on the verdict, for colouring words; else how the word goes with the labels of the text. */
export async function loadEffects(explorer: Explorer): Promise<Effects | null> {
  const { source, model, state, vocabulary, followed } = explorer;
  if (!source || !state) return null;
  const all = await source.table(state, 'word_effects')?.all(['word_id', 'class', 'effect']);
  const score = model && scoreOf(model, followed);
  const rows = all?.filter((row) => effectScore(row) === score);
  if (rows?.length) {
    const effects = new Map(rows.map((row) => [row.word_id, row.effect]));
    return (wordId) => effects.get(wordId) ?? null;
  }
  const association = vocabulary?.classAssociation;
  return association?.some((value) => value !== null) ? (wordId) => association[wordId] ?? null : null;
}
