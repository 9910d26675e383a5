/** The page's fragment. Embedded explorers have none: there, reading gives nothing and writing does nothing. */
export interface Address {
  read(): string;
  write(fragment: string): void;
  /** Calls back when somebody else changed the fragment; returns a function that stops both this and late writes. */
  listen(changed: (fragment: string) => void): () => void;
  /** The page's own address without a fragment. */
  page: string;
}

export const NO_ADDRESS: Address = { read: () => '', write: () => undefined, listen: () => () => undefined, page: '' };

/** Least time between two writes, in ms: browsers refuse a hundred in a few seconds, which a slider easily makes. */
const PAUSE = 300;

/** Acts at most every so often on what is said, and at once on what cannot wait. */
interface Paced {
  say(value: string): void;
  /** Acts on what waits, then on this. */
  now(value: string): void;
  stop(): void;
}

/** Calls `act` at once, then at most every `pause` ms with what was said last. */
export function paced(act: (value: string) => void, pause = PAUSE): Paced {
  let waiting: string | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const next = (): void => {
    timer = null;
    if (waiting === null) return;
    act(waiting);
    waiting = null;
    timer = setTimeout(next, pause);
  };
  return {
    say(value) {
      waiting = value;
      if (timer === null) next();
    },
    now(value) {
      if (waiting !== null) act(waiting);
      waiting = null;
      act(value);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = waiting = null;
    },
  };
}

/** Whether a fragment names a page of its own, such as a unit's: the browser's Back leads out of that. */
export function hasPage(fragment: string): boolean {
  return /[#&]p=/.test(fragment);
}

export function pageAddress(): Address {
  const leaves = (fragment: string): boolean => hasPage(fragment) !== hasPage(location.hash);
  const writing = paced((fragment) => {
    history[leaves(fragment) ? 'pushState' : 'replaceState'](history.state, '', `#${fragment}`);
  });
  return {
    read: () => location.hash,
    // Back may come within the pause: it must find the page that it leads out of.
    write: (fragment) => (leaves(fragment) ? writing.now(fragment) : writing.say(fragment)),
    listen(changed) {
      const listener = (): void => {
        writing.stop();
        changed(location.hash);
      };
      addEventListener('hashchange', listener);
      return () => {
        removeEventListener('hashchange', listener);
        writing.stop();
      };
    },
    page: location.href.replace(/#.*$/, ''),
  };
}
