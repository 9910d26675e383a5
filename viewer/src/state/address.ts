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

/** Calls `act` at once, then at most every `pause` ms with what was said last. */
export function paced(act: (value: string) => void, pause = PAUSE): { say(value: string): void; stop(): void } {
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
  const writing = paced((fragment) => {
    const leaves = hasPage(fragment) !== hasPage(location.hash);
    history[leaves ? 'pushState' : 'replaceState'](history.state, '', `#${fragment}`);
  });
  return {
    read: () => location.hash,
    write: (fragment) => writing.say(fragment),
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
