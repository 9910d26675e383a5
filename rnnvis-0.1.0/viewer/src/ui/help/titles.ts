/** What can be explained, and what each explanation is called. */
export const TITLES = {
  sequence: 'How to read the sequence',
  memory: 'How to read the memory chips',
  words: 'How to read the words',
  details: 'How to read this step against the usual',
  'words-side-by-side': 'How to read words side by side',
  without: 'How to read what happens without a chip',
  try: 'How to try the model',
  unit: 'How to read a unit',
  units: 'How to read the table of units',
  sql: 'How to ask in SQL',
  compare: 'How to read a comparison',
  map: 'How to read the map',
  'find-sentences': 'How to find sentences',
  'find-concordance': 'How to read a concordance',
  'find-fires': 'How to find where memory is active',
  'find-nearest': 'How to read nearest steps',
} as const;

export type Topic = keyof typeof TITLES;
