export interface Watch {
  /** Something was heard: the time begins anew. */
  heard: () => void;
  /** Rejects after so long without a sign; never resolves. */
  over: Promise<never>;
  stop: () => void;
}

/** Part of the pause after which a silence is worth a word. */
const SAID_AFTER = 0.25;

/** Watches over a start that may fail without a word, as a worker does that runs out of memory; `long` hears of a silence before it is too long. */
export function watch(pause: number, message: string, long: () => void = () => undefined): Watch {
  let timer: ReturnType<typeof setTimeout>;
  let early: ReturnType<typeof setTimeout>;
  let fail: (error: Error) => void;
  const over = new Promise<never>((_, reject) => (fail = reject));
  over.catch(() => undefined);
  const heard = (): void => {
    clearTimeout(timer);
    clearTimeout(early);
    early = setTimeout(long, pause * SAID_AFTER);
    timer = setTimeout(() => fail(new Error(message)), pause);
  };
  heard();
  return { heard, over, stop: () => [timer, early].forEach(clearTimeout) };
}
