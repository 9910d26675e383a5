/** On a phone the views stand one behind the other. */
export type Tab = 'sequence' | 'memory' | 'words' | 'detail';

export const TABS: readonly (readonly [Tab, string])[] = [
  ['sequence', 'Sequence'],
  ['memory', 'Memory'],
  ['words', 'Words'],
  ['detail', 'Detail'],
];
