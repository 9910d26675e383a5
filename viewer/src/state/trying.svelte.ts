import { isMade, madeOf, writeMade } from '../data/made';
import type { Passage } from '../data/passage';
import { speaksOfRunning, whyNotRunnable } from '../data/runnable';
import type { Explorer } from './explorer.svelte';
import type { Reader, Reading } from './reader';

/** What is tried on the model in the page. Its code and the model itself are fetched when they are first asked for. */
export class Trying {
  /** Whether the panel for it stands in the place of the details. */
  shown = $state(false);
  /** Why nothing can be tried; null where it can. */
  reason = $derived.by<string | null>(() => {
    const { dataset, model } = this.explorer;
    return dataset && model && whyNotRunnable(dataset, model);
  });
  /** Whether it is offered: older folders do not speak of it. */
  offered = $derived.by<boolean>(() => this.explorer.model !== null && speaksOfRunning(this.explorer.model));
  #reader: Promise<Reader> | null = null;

  constructor(private readonly explorer: Explorer) {}

  /** What a sentence is read with now; null before the data are there. */
  get reading(): Reading | null {
    const { source, dataset, model, state, view } = this.explorer;
    return source && dataset && model && state && { source, dataset, model, state, towards: view.towards };
  }

  reader(): Promise<Reader> {
    this.#reader ??= import('./reader').then(({ startReader }) => startReader());
    this.#reader.catch(() => (this.#reader = null));
    return this.#reader;
  }

  /** Has another reader run what is typed: for tests. */
  use(reader: Reader): void {
    this.#reader = Promise.resolve(reader);
  }

  /** The passage of a key that was made in the page; null where it names a sentence that is not there. */
  async passage(reading: Reading, key: string, lane: string): Promise<Passage | null> {
    return (await this.reader()).passage(reading, key, lane);
  }

  /** Gates along a sentence, published or made, as the model in the page has them; see `Reader.gates`. */
  async gates(key: string): ReturnType<Reader['gates']> {
    const { reading } = this;
    return reading && (await this.reader()).gates(reading, key);
  }

  /** Sets beside the sentence the same one with units of the shown state held at zero, and shows the panel. */
  without(units: readonly number[]): void {
    const { view } = this.explorer;
    const key = isMade(view.sentence2) ? view.sentence2 : view.sentence;
    if (key === null) return;
    const made = madeOf(key);
    const step = isMade(view.sentence2) ? view.step2 : view.step;
    const switches = [...made.switches, { state: view.state, units, instead: 'zero' as const, first: 0 }];
    this.explorer.setSecond(writeMade({ ...made, switches }), step);
    this.shown = true;
  }

  /** Fetches the model while the first words are typed; what else a graph needs waits until it is used. */
  #warm(): void {
    const { reading, reason } = this;
    if (!reading || reason !== null || reading.model.step_model?.runtime === 'onnx') return;
    this.reader()
      .then((reader) => reader.open(reading))
      .catch(() => undefined); // It is said when something is typed.
  }

  /** Opens the text field in the place of the sequence's head, and the panel. */
  type(): void {
    this.#warm();
    this.shown = true;
    if (this.explorer.view.page !== 'picture') this.explorer.openPage('picture');
    this.explorer.popover = 'type';
  }
}
