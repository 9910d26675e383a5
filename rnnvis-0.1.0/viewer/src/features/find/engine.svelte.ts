import type { EngineSize } from '../../data/engine';
import type { Source } from '../../data/source';
import { StateStore } from '../../data/states/store';
import type { StateEntry } from '../../data/types';
import { engineText } from '../../wording/engine';

/** How far DuckDB has come; after how many seconds of silence it is given up, once it is silent. */
const engine = $state({ ready: false, loaded: 0, size: null as EngineSize | null, silent: null as number | null });

/** Starts DuckDB before it is asked for, and tells how far it is. */
export async function preload(source: Source): Promise<void> {
  source.booted = (loaded, size) => Object.assign(engine, { loaded, size, silent: null });
  source.bootSilent = (seconds) => (engine.silent = seconds);
  try {
    await source.database();
    Object.assign(engine, { ready: true, silent: null });
  } catch {
    // The search that needs it says so.
  }
}

/** What a search that needs the engine waits for, in words. */
export function startingEngine(): string {
  if (engine.ready) return 'Searching';
  if (engine.silent !== null)
    return `The search engine has said nothing for a while: perhaps the browser has too little memory. After ${engine.silent} s it is given up; the rest works without it`;
  return engineText(engine.loaded, engine.size);
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
