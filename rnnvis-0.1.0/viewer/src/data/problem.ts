/** A problem shown in the place of the view it concerns; the other views go on working. */
export interface Problem {
  what: string;
  where: string;
  fix: string;
}

/** An error that a person can understand: what happened, to which file, and what to do. */
export class DataProblem extends Error implements Problem {
  constructor(
    readonly what: string,
    readonly where: string,
    readonly fix: string,
  ) {
    super(`${what} (${where}). ${fix}`);
    this.name = 'DataProblem';
  }
}

/** Said where a page that was saved as one file is asked for what only DuckDB can answer. */
export function needsServer(): DataProblem {
  return new DataProblem(
    'This needs the search engine, which is too large for a page that holds everything in itself',
    'the rest of this explorer works without it',
    'Publish the recording and serve it, in Python: recording.publish("out/"), then rnnvis.serve("out/", browse=True). Search, concordance and SQL work there.',
  );
}

/** Whether the browser could not give the memory that was asked for. */
export function outOfMemory(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return /out of memory|\boom\b|allocation fail|failed to allocate|bad_alloc|could not allocate|cannot allocate|unable to grow|invalid (typed )?array (buffer )?length/i.test(
    text,
  );
}

const ROOM = 'Close other tabs or programs and try again; fewer clusters or a shorter sentence need less.';

/** Any thrown value as a problem; errors that are not problems yet are defects, and are shown as such. */
export function toProblem(error: unknown, where: string): Problem {
  if (error instanceof DataProblem) return { what: error.what, where: error.where, fix: error.fix };
  if (outOfMemory(error)) return { what: 'The browser has no memory left for this', where, fix: ROOM };
  const what = error instanceof Error ? error.message : String(error);
  return { what, where, fix: 'Reload the page; if it stays, tell the authors what you did before.' };
}
