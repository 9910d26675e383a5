/** Calls `make` again only when one of the keys has changed. */
export function memo<T>(): (keys: readonly unknown[], make: () => T) => T {
  let before: readonly unknown[] | null = null;
  let value: T;
  return (keys, make) => {
    if (!before || before.length !== keys.length || keys.some((key, i) => !Object.is(key, before![i]))) {
      value = make();
      before = keys;
    }
    return value;
  };
}
