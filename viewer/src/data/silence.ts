export interface Watch {
  /** Something was heard: the time begins anew. */
  heard: () => void;
  /** Rejects after so long without a sign; never resolves. */
  over: Promise<never>;
  stop: () => void;
}

/** Watches over a start that may fail without a word, as a worker does that runs out of memory. */
export function watch(pause: number, message: string): Watch {
  let timer: ReturnType<typeof setTimeout>;
  let fail: (error: Error) => void;
  const over = new Promise<never>((_, reject) => (fail = reject));
  over.catch(() => undefined);
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => fail(new Error(message)), pause);
  };
  heard();
  return { heard, over, stop: () => clearTimeout(timer) };
}
