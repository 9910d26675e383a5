import { isMade, madeOf, writeMade } from '../data/made';
import type { AnswerMemory } from '../data/answerMemory';
import type { Passage } from '../data/passage';
import { speaksOfRunning, whyNotRunnable } from '../data/runnable';
import type { Source } from '../data/source';
import type { ModelEntry, Sentence, StateEntry, StateSequence } from '../data/types';
import type { Explorer } from './explorer.svelte';
import type { Reader, Reading } from './reader';
import type { WorkedOut } from './workedOut';

/** Bytes of a model that is fetched without a question, for states that are not published. */
const AT_ONCE = 10_000_000;

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
  #workedOut: Promise<WorkedOut> | null = null;
  /** Models that may be fetched though they are large, by their files. */
  #allowed = $state.raw<readonly string[]>([]);
  /** Whether states that are not published wait for a word, because the model is large. */
  waits = $derived.by<boolean>(
    () => this.reason === null && this.explorer.model !== null && this.#large(this.explorer.model),
  );

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

  /** Puts the models away. */
  stop(): void {
    void this.#reader?.then(
      (reader) => reader.close(),
      () => undefined,
    );
    this.#reader = this.#workedOut = null;
  }

  /** Has another reader run what is typed: for tests. */
  use(reader: Reader): void {
    this.#reader = Promise.resolve(reader);
    this.#workedOut = null;
  }

  /** The passage of a key that was made in the page; null where it names a sentence that is not there. */
  async passage(reading: Reading, key: string, lane: string): Promise<Passage | null> {
    return (await this.reader()).passage(reading, key, lane);
  }

  /**
   * A state along a published sentence whose states were left out, by the model in the page. Null where it cannot run, or
   * is so large that it waits for a word.
   */
  async states(source: Source, state: StateEntry, id: number): Promise<StateSequence | null> {
    for (const dataset of source.manifest.datasets)
      for (const model of dataset.models)
        if (model.states.includes(state) && whyNotRunnable(dataset, model) === null && !this.#large(model)) {
          const reading = { source, dataset, model, state, towards: null };
          const [worked, sentence] = await Promise.all([this.#worked(), source.sentence(dataset, id)]);
          return worked.states(reading, sentence);
        }
    return null;
  }

  /** What of each word is in the answers along a published sentence that the table leaves out; null where it cannot be told. */
  async answerMemory(reading: Reading, sentence: Sentence, followed: number | null): Promise<AnswerMemory | null> {
    const { dataset, model } = reading;
    if (!model.tables['answer_memory'] || whyNotRunnable(dataset, model) !== null || this.#large(model)) return null;
    return (await this.#worked()).answerMemory(reading, sentence, followed);
  }

  /** Why a published sentence has no states. */
  get lacking(): string {
    const what = 'The states of this sentence are not published';
    if (this.waits) return `${what}. Its picture offers to work them out in this page.`;
    if (this.offered && this.reason !== null) return `${what}, and cannot be worked out here. ${this.reason}`;
    return `${what}: they are not in the published sample.`;
  }

  /** Lets the model of the view be fetched though it is large. */
  allow(): void {
    const path = this.explorer.model?.step_model?.path;
    if (path === undefined) return;
    this.#allowed = [...this.#allowed, path];
    this.explorer.retry();
  }

  /** What sentences are loaded anew for: models that may be fetched. */
  get allowed(): number {
    return this.#allowed.length;
  }

  #large({ step_model: file }: ModelEntry): boolean {
    if (!file || this.#allowed.includes(file.path)) return false;
    return file.bytes > AT_ONCE || file.runtime === 'onnx';
  }

  #worked(): Promise<WorkedOut> {
    this.#workedOut ??= Promise.all([import('./workedOut'), this.reader()]).then(
      ([{ WorkedOut }, reader]) => new WorkedOut(reader),
    );
    this.#workedOut.catch(() => (this.#workedOut = null));
    return this.#workedOut;
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

  /** Fetches a small model before it is asked for, because a pointer or the focus is at what asks for it. */
  near(): void {
    const { model } = this.explorer;
    if (model && !this.#large(model)) this.#warm();
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
