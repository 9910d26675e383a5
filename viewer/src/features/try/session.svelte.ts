import { isMade, madeOf, writeMade, type Switch } from '../../data/made';
import type { Passage } from '../../data/passage';
import { toProblem, type Problem } from '../../data/problem';
import type { ModelEntry } from '../../data/types';
import { idOf, type Fetching, type Held, type StepModel } from '../../infer';
import type { Explorer } from '../../state/explorer.svelte';
import { bothHalves } from '../../state/handing';
import type { Asked, Reader, Reading } from '../../state/reader';
import { edited, wordsOf, type Edited } from './edit';

/** A computation that may take a while: how far it is, and how to stop it. */
export class Work {
  done = $state(0);
  of = $state(0);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  #abort: AbortController | null = null;

  /** Runs it in the place of what ran before; null where it was stopped or failed. */
  async run<T>(
    work: (signal: AbortSignal, progress: (done: number, of: number) => void) => Promise<T>,
  ): Promise<T | null> {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.busy = true;
    this.done = this.of = 0;
    this.problem = null;
    try {
      const found = await work(abort.signal, (done, of) => {
        if (!abort.signal.aborted) [this.done, this.of] = [done, of];
      });
      return abort.signal.aborted ? null : found;
    } catch (error) {
      if (!abort.signal.aborted) this.problem = toProblem(error, 'the model in the page');
      return null;
    } finally {
      if (this.#abort === abort) this.busy = false;
    }
  }

  stop(): void {
    this.#abort?.abort();
    this.#abort = null;
    this.busy = false;
  }
}

/** What is tried now: a sentence as it is, and beside it what was made of it. */
export class Session {
  /** Whether the sentence before stays beside what is made of it. */
  beside = $state(true);
  model = $state.raw<StepModel | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** What is on its way beside the model. */
  fetching = $state.raw<Fetching | null>(null);
  #reader: Reader | null = null;

  /** The sentence that edits and switches change: the second one where it was made, else the first. */
  changed = $derived.by<Passage | null>(() => {
    const { second, sentence, steps, sequence, view, model, loading } = this.explorer;
    const now = isMade(view.sentence2) ? second : sentence && { sentence, steps, sequence };
    if (now) this.#last = { model, passage: now };
    // While the next one of the same model is on its way, the last one stays.
    return now ?? (loading && this.#last?.model === model ? this.#last.passage : null);
  });
  #last: { model: ModelEntry | null; passage: Passage } | null = null;
  /** The sentence before; null where one stands alone. */
  before = $derived.by<Passage | null>(() => {
    const { sentence, steps, sequence, view } = this.explorer;
    return isMade(view.sentence2) && sentence ? { sentence, steps, sequence } : null;
  });
  /** Its key, as it will be once it has been run. */
  key = $derived.by<string | null>(() => {
    const { sentence, sentence2 } = this.explorer.view;
    return isMade(sentence2) ? sentence2 : sentence;
  });
  switches = $derived.by<readonly Switch[]>(() => (this.key === null ? [] : madeOf(this.key).switches));
  /** What is said to be right of a sentence of one's own, null while nothing is; undefined of a published one, whose label it is. */
  label = $derived.by<number | null | undefined>(() => {
    const made = this.key === null ? null : madeOf(this.key);
    return made && !('key' in made.base) ? made.label : undefined;
  });
  step = $derived.by<number | null>(() => (this.before ? this.explorer.step2 : this.explorer.step));
  /** Whether words can be edited: of a model that reads vectors they cannot, nor what a decoder says by itself. */
  editable = $derived.by<boolean>(() => Boolean(this.model?.words && !this.model.handed));
  /** The encoder and the decoder of which the model is one; null of any other. */
  halves = $derived.by(() => {
    const { reading } = this;
    return reading && bothHalves(reading);
  });

  constructor(readonly explorer: Explorer) {}

  get reading(): Reading | null {
    return this.explorer.trying.reading;
  }

  /** Fetches the model of the view. */
  async open(): Promise<void> {
    const { reading } = this;
    if (!reading) return;
    this.model = null;
    this.problem = null;
    try {
      this.#reader = await this.explorer.trying.reader();
      this.fetching = null;
      this.#reader.told = (fetching) => (this.fetching = fetching);
      const model = await this.#reader.open(reading);
      if (this.reading?.model === reading.model) this.model = model;
    } catch (error) {
      if (this.reading?.model === reading.model) this.problem = toProblem(error, reading.model.title);
    }
  }

  /** What is asked of the model for a key. */
  async asked(key: string): Promise<{ asked: Asked; reading: Reading; reader: Reader; model: StepModel } | null> {
    const { reading, model } = this;
    const reader = this.#reader;
    if (!reading || !reader || !model) return null;
    const asked = await reader.asked(reading, key);
    return asked && { asked, reading, reader, model };
  }

  /** What is held as the engine holds it, in sentences of any length that reach its first word. */
  async holds(switches: readonly Switch[]): Promise<Held[]> {
    const { reading } = this;
    const reader = this.#reader;
    if (!reading || !reader) return [];
    return Promise.all(switches.map((one) => reader.held(one, reading, Number.MAX_SAFE_INTEGER)));
  }

  /** The words of the sentence that is changed, as the vocabulary finds them again. */
  words(): string[] {
    const { vocabulary } = this.explorer;
    const sentence = this.changed?.sentence;
    const how = this.model?.words;
    return sentence && vocabulary && how ? wordsOf(sentence, vocabulary, (word) => idOf(word, how, vocabulary)) : [];
  }

  /**
   * Shows the sentence with the edit; of a word that was replaced, at `at`, what it did before and does now. `moved`: where
   * the pinned step stands then.
   */
  async edit(
    change: Edited,
    at: number | null = null,
    moved: Edited['moved'] = at === null ? change.moved : () => at,
  ): Promise<void> {
    const { key } = this;
    if (key === null || !change.words.length) return;
    const started = await this.started(key);
    if (this.key === key) this.apply(edited(key, change, started), moved, at);
  }

  /** Whether a sentence starts from where another one ended; where that is refused, reading what was made of it says so. */
  started(key: string): Promise<boolean> {
    return this.asked(key).then(
      (given) => given?.asked.started ?? false,
      () => true,
    );
  }

  /** Pins a word of the sentence that is changed. */
  pin(step: number): void {
    const { explorer } = this;
    const { sentence2 } = explorer.view;
    if (isMade(sentence2)) explorer.setSecond(sentence2, step);
    else explorer.pinStep(step);
  }

  switch(switches: readonly Switch[]): void {
    if (this.key !== null) this.apply(writeMade({ ...madeOf(this.key), switches }), (step) => step);
  }

  /** Says what is right of the sentence that is changed, in its place; null says nothing. */
  say(label: number | null): void {
    const { key, explorer } = this;
    if (key === null) return;
    const said = writeMade({ ...madeOf(key), label });
    if (isMade(explorer.view.sentence2)) explorer.setSecond(said, explorer.view.step2);
    else explorer.setMade(said);
  }

  /** Shows another sentence in the place of the one that is changed, or beside it. */
  apply(key: string, moved: (step: number) => number | null, pinned: number | null = null): void {
    const { explorer } = this;
    const { view } = explorer;
    const made = isMade(view.sentence2);
    const at = made ? view.step2 : view.step;
    const step = at === null && pinned === null ? null : moved(at ?? 0);
    if (made && key === view.sentence) explorer.removeSecond();
    else if (made || (this.beside && !this.halves))
      explorer.setSecond(key, step, made ? view.step : (pinned ?? view.step));
    else explorer.setMade(key, step);
  }

  /** What was made takes the place of the sentence before. */
  keep(): void {
    const { sentence2, step2 } = this.explorer.view;
    if (isMade(sentence2)) this.explorer.keepSecond(sentence2, step2);
  }
}
