import type { Tokens } from './colour';

/** Parts of speech that share a colour, and the colour in each theme. */
export interface SpeechGroup {
  title: string;
  parts: readonly string[];
  light: string;
  dark: string;
}

/**
 * Neither orange nor blue, which mean sign. Found by a search for the largest least difference of any two of them, in
 * usual sight and under protanopia, deuteranopia and tritanopia, with a contrast of 4.6 to the page, none near ink.
 */
export const SPEECH: readonly SpeechGroup[] = [
  { title: 'noun', parts: ['noun'], light: '#196B0D', dark: '#239B30' },
  { title: 'verb', parts: ['verb'], light: '#3D0F9F', dark: '#C7BBFE' },
  { title: 'adjective', parts: ['adjective'], light: '#A542B7', dark: '#CB67F0' },
  { title: 'adverb', parts: ['adverb'], light: '#CA2247', dark: '#CCB225' },
  { title: 'pronoun', parts: ['pronoun'], light: '#6C044A', dark: '#63CDA2' },
  { title: 'conjunction', parts: ['conjunction'], light: '#4A3B01', dark: '#8EF858' },
  { title: 'determiner, preposition', parts: ['determiner', 'preposition'], light: '#694381', dark: '#F8596E' },
];

const BY_PART = new Map(SPEECH.flatMap((group) => group.parts.map((part) => [part, group] as const)));

/** The colour of a part of speech; grey for numbers, punctuation and whatever else, or where none is known. */
export function speechColour(part: string | null | undefined, theme: Tokens): string {
  const group = part ? BY_PART.get(part) : undefined;
  return group ? group[theme.name] : theme.ink3;
}

/** Names and colours for a legend, the grey rest last. */
export function speechLegend(theme: Tokens): { title: string; colour: string }[] {
  return [
    ...SPEECH.map((group) => ({ title: group.title, colour: group[theme.name] })),
    { title: 'other', colour: theme.ink3 },
  ];
}
