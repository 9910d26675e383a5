/** Resolves when what is drawn next has been painted: what is not on the screen at first waits for it. */
export function painted(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
}
