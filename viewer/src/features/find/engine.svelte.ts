import type { StateEntry } from '../../data/types';
import { StateStore } from '../../data/states/store';
import type { Source } from '../../data/source';

/** How far DuckDB has come: bytes that have arrived, of how many (0 while unknown); after how many seconds of silence it is given up, once it is silent. */
export const engine = $state({ ready: false, loaded: 0, total: 0, silent: null as number | null });

/** Starts DuckDB before it is asked for, and tells how far it is. */
export async function preload(source: Source): Promise<void> {
  source.booted = (loaded, total) => Object.assign(engine, { loaded, total, silent: null });
  source.bootSilent = (seconds) => (engine.silent = seconds);
  try {
    await source.database();
    Object.assign(engine, { ready: true, silent: null });
  } catch {
    // The search that needs it says so.
  }
}

let store: StateStore | null = null;

/** The searchable steps of a state; those of another state are given up for it. */
export function storeOf(source: Source, state: StateEntry): StateStore {
  if (store?.state !== state) {
    store?.close();
    store = new StateStore(source, state);
  }
  return store;
}
