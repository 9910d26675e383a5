import type { Tokens } from './colour';

/** Parts of speech that share a colour. */
export interface SpeechGroup {
  title: string;
  parts: readonly string[];
}

export const SPEECH: readonly SpeechGroup[] = [
  { title: 'noun', parts: ['noun'] },
  { title: 'verb', parts: ['verb'] },
  { title: 'adjective', parts: ['adjective'] },
  { title: 'adverb', parts: ['adverb'] },
  { title: 'pronoun', parts: ['pronoun'] },
  { title: 'conjunction', parts: ['conjunction'] },
  { title: 'determiner, preposition', parts: ['determiner', 'preposition'] },
];

const BY_PART = new Map(SPEECH.flatMap((group) => group.parts.map((part) => [part, group] as const)));

/** The colour of a part of speech; grey for numbers, punctuation and whatever else, or where none is known. */
export function speechColour(part: string | null | undefined, theme: Tokens): string {
  const group = part ? BY_PART.get(part) : undefined;
  return (group && theme.speech[group.title]) ?? theme.ink3;
}

/** Names and colours for a legend, the grey rest last. */
export function speechLegend(theme: Tokens): { title: string; colour: string }[] {
  return [
    ...SPEECH.map((group) => ({ title: group.title, colour: theme.speech[group.title] ?? theme.ink3 })),
    { title: 'other', colour: theme.ink3 },
  ];
}
