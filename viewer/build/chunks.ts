import { fileURLToPath } from 'node:url';

interface Graph {
  getModuleInfo(id: string): { importedIds: string[] } | null;
}

interface Group {
  name: (id: string, graph: Graph) => string | null;
  priority: number;
}

/** What is wanted as a whole, from where it is imported, the first ones first. */
const CHUNKS: Readonly<Record<string, string>> = {
  start: path('../src/shell/start.ts'),
  reader: path('../src/state/reader.ts'),
};

/**
 * Puts all that `start.ts` imports statically into its one chunk, and then what the model in the page needs. What they share
 * with pages that load later would else become a dozen small chunks, each a request before the first view, or before the
 * first answer.
 */
export function chunks(): Group[] {
  return Object.entries(CHUNKS).map(([name, from], i, { length }) => {
    let needed: Set<string> | null = null;
    return {
      name: (id, graph) => ((needed ??= reachable(from, graph)).has(id) ? name : null),
      priority: length - i,
    };
  });
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function reachable(from: string, graph: Graph): Set<string> {
  const found = new Set([from]);
  for (const id of found) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}
