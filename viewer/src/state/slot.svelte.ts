let attempt = 0;

/** Lets everything that failed be loaded again when it is wanted next. */
export function tryAgain(): void {
  attempt += 1;
}

/** One thing loaded for the current view: the old value stays until the new one is there, and late answers are dropped. */
export class Slot<T> {
  value = $state.raw<T | null>(null);
  loading = $state(false);
  private key: string | null = null;
  private scope: string | null = null;
  /** The attempt in which it failed; what failed is not asked for again in the same one. */
  private failedIn: number | null = null;

  constructor(
    private readonly failed: (error: unknown) => void,
    private readonly arrived: (value: T | null) => void = () => undefined,
  ) {}

  /**
   * Loads unless `key` is what was asked for last, failed or not. Another `scope` means that the old value makes no sense any
   * more. What is `incomplete` is shown, and is loaded again when everything that failed is. What is there `early` is shown
   * until the whole is.
   */
  want(
    scope: string,
    key: string,
    load: (incomplete: () => void, early: (value: T) => void) => Promise<T | null>,
  ): void {
    const failedBefore = this.failedIn !== null && this.failedIn !== attempt;
    if (key === this.key && scope === this.scope && !failedBefore) return;
    if (scope !== this.scope) this.value = null;
    this.key = key;
    this.scope = scope;
    this.failedIn = null;
    this.loading = true;
    const current = (): boolean => key === this.key && scope === this.scope;
    let whole = true;
    const early = (value: T): void => {
      if (current() && this.loading) this.value = value;
    };
    load(() => (whole = false), early).then(
      (value) => {
        if (!current()) return;
        if (!whole) this.failedIn = attempt;
        this.value = value;
        this.loading = false;
        this.arrived(value);
      },
      (error: unknown) => {
        if (!current()) return;
        this.failedIn = attempt;
        this.loading = false;
        this.failed(error);
      },
    );
  }
}
