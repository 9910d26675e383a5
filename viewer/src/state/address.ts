/** The page's fragment. Embedded explorers have none: there, reading gives nothing and writing does nothing. */
export interface Address {
  read(): string;
  write(fragment: string): void;
  /** Calls back when somebody else changed the fragment; returns a function that stops it. */
  listen(changed: (fragment: string) => void): () => void;
  /** The page's own address without a fragment. */
  page: string;
}

export const NO_ADDRESS: Address = { read: () => '', write: () => undefined, listen: () => () => undefined, page: '' };

export function pageAddress(): Address {
  return {
    read: () => location.hash,
    write: (fragment) => history.replaceState(history.state, '', `#${fragment}`),
    listen(changed) {
      const listener = (): void => changed(location.hash);
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    page: location.href.replace(/#.*$/, ''),
  };
}
