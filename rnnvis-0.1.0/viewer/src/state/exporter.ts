/** What is asked for beside the format. */
export interface Wish {
  /** The name of a part; the first where there is no choice. */
  part: string;
  /** Light and on nothing, for paper, whatever the theme. */
  print: boolean;
}

/** How what the opened page shows becomes a file; the formats stand in `ui/exports/formats.ts`. */
export interface Exporter {
  /** Words of the file's name, without its ending. */
  name: (wish: Wish) => readonly string[];
  /** What can be saved alone, the whole first, where there is a choice; then it can be made for print, too. */
  parts: readonly { name: string; title: string }[];
  save: (format: string, wish: Wish) => Promise<Blob>;
}
