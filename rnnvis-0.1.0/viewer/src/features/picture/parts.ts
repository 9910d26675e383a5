/** Parts of the picture that are saved alone, and what each is called in the name of a file. */
export const PARTS = [
  { name: 'whole', title: 'Whole picture', file: 'picture' },
  { name: 'board', title: 'Chips + clouds', file: 'chips and clouds' },
  { name: 'sequence', title: 'Sequence', file: 'sequence' },
  { name: 'memory', title: 'Memory', file: 'memory' },
  { name: 'words', title: 'Words', file: 'words' },
] as const;

export type Part = (typeof PARTS)[number]['name'];

/** The part of that name; the whole where there is none. */
export function partOf(name: string): Part {
  return (PARTS.find((part) => part.name === name) ?? PARTS[0]).name;
}
