/** Undo and redo over immutable values. */
export class History<T> {
  private readonly past: T[] = [];
  private future: T[] = [];
  private kind: string | null = null;
  private at = 0;

  constructor(
    private readonly limit = 200,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Remember `before`; quick changes of one kind, such as a slider's, become one step. Whether a step began. */
  push(before: T, kind: string | null): boolean {
    const time = this.now();
    const joined = kind !== null && kind === this.kind && time - this.at < 1000;
    this.kind = kind;
    this.at = time;
    this.future = [];
    if (joined) return false;
    this.past.push(before);
    if (this.past.length > this.limit) this.past.shift();
    return true;
  }

  undo(current: T): T | null {
    const value = this.past.pop();
    if (value === undefined) return null;
    this.kind = null;
    this.future.push(current);
    return value;
  }

  redo(current: T): T | null {
    const value = this.future.pop();
    if (value === undefined) return null;
    this.kind = null;
    this.past.push(current);
    return value;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }
}
