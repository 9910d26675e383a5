import { fileURLToPath } from 'node:url';

interface Graph {
  getModuleInfo(id: string): { importedIds: string[] } | null;
}

const START = fileURLToPath(new URL('../src/shell/start.ts', import.meta.url));

/**
 * Puts all that `start.ts` imports statically into its one chunk. What it shares with pages that load later would else
 * become a dozen small chunks, each a request before the first view.
 */
export function firstView(): (id: string, graph: Graph) => string | null {
  let needed: Set<string> | null = null;
  return (id, graph) => {
    needed ??= reachable(START, graph);
    return needed.has(id) ? 'start' : null;
  };
}

function reachable(from: string, graph: Graph): Set<string> {
  const found = new Set([from]);
  for (const id of found) for (const next of graph.getModuleInfo(id)?.importedIds ?? []) found.add(next);
  return found;
}
