/** The page's fragment. Embedded explorers have none: there, reading gives nothing and writing does nothing. */
export interface Address {
  read(): string;
  /** With `step` the browser's Back leads to what was there before; without, it takes its place. */
  write(fragment: string, step: boolean): void;
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
  /** Acts on what waits. */
  flush(): void;
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
    flush() {
      if (waiting !== null) act(waiting);
      waiting = null;
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = waiting = null;
    },
  };
}

export function pageAddress(): Address {
  const put = (fragment: string, step: boolean): void => {
    // Somebody may have followed a link in between: the same place twice would make a Back that does nothing.
    const moves = `#${fragment}` !== location.hash;
    if (moves) history[step ? 'pushState' : 'replaceState'](history.state, '', `#${fragment}`);
  };
  const writing = paced((fragment) => put(fragment, false));
  return {
    read: () => location.hash,
    // Back may come within the pause: it must find the choice that it takes back.
    write: (fragment, step) => {
      if (!step) return writing.say(fragment);
      writing.flush();
      put(fragment, true);
    },
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
