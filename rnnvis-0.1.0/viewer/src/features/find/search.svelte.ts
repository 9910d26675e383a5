import { toProblem, type Problem } from '../../data/problem';

/** One search at a time: a new one cancels the old, whose late answers are dropped. */
export class Search<T> {
  value = $state.raw<T | null>(null);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  private controller: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts `work` after `wait` ms; it may hand over results as they come. Returns a function that cancels it. */
  start(work: (signal: AbortSignal, show: (value: T) => void) => Promise<void>, wait = 150): () => void {
    this.cancel();
    const controller = new AbortController();
    this.controller = controller;
    const { signal } = controller;
    this.busy = true;
    this.timer = setTimeout(() => {
      work(signal, (value) => {
        if (signal.aborted) return;
        this.value = value;
        this.problem = null;
      }).then(
        () => {
          if (!signal.aborted) this.busy = false;
        },
        (error: unknown) => {
          if (signal.aborted) return;
          this.busy = false;
          this.value = null;
          this.problem = toProblem(error, 'search');
        },
      );
    }, wait);
    return () => this.cancel();
  }

  /** Forgets what was found. */
  clear(): void {
    this.cancel();
    this.value = null;
    this.problem = null;
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.busy = false;
  }
}
