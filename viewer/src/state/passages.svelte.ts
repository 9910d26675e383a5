import { followedClass, scoreOf } from '../data/answer';
import { loadAnswerMemory, type AnswerMemory } from '../data/answerMemory';
import { isMade } from '../data/made';
import { loadPassage, type Passage } from '../data/passage';
import type { Signal } from '../data/signal';
import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry, Sentence, SentenceSteps, StateEntry, StateSequence } from '../data/types';
import type { Explorer } from './explorer.svelte';
import type { Reading } from './reader';
import { Slot } from './slot.svelte';

/** The sentence of the view, the second one beside it, and what is pinned and brushed of them: loaded for the model and the state that are shown. */
export class Passages {
  #first = new Slot<Passage>(
    (error) => this.explorer.report('sequence', error),
    () => this.#arrived(),
  );
  #memory = new Slot<{ of: string; found: AnswerMemory | null }>((error) => this.explorer.report('sequence', error));
  #second = new Slot<Passage>((error) => this.explorer.report('sequence', error));
  /** What could not be read of a first sentence whose other parts are there. */
  #broken: { error: unknown } | null = null;

  sentence = $derived.by<Sentence | null>(() => this.#first.value?.sentence ?? null);
  steps = $derived.by<SentenceSteps | null>(() => this.#first.value?.steps ?? null);
  /** The state along the sentence; null also where it is neither published nor worked out here. */
  sequence = $derived.by<StateSequence | null>(() => this.#first.value?.sequence ?? null);
  /** What the model was fed, where that is no words. */
  signal = $derived.by<Signal | null>(() => this.#first.value?.signal ?? null);
  /** What of each word is in the answers along the sentence; null where that is not asked for or not published. */
  memory = $derived.by<AnswerMemory | null>(() => {
    const { memory, sentence, towards } = this.explorer.view;
    const read = this.#memory.value;
    const same = read?.of === JSON.stringify([sentence, towards]) && this.sentence?.key === sentence;
    return memory && same ? read.found : null;
  });
  /** The sentence that stands beside the first; null where there is none, or while loading. */
  second = $derived.by<Passage | null>(() => (this.explorer.view.sentence2 === null ? null : this.#second.value));
  loading = $derived.by<boolean>(() => this.#first.loading || this.#second.loading);
  /** Whether the first sentence is there, or is known to be missing. */
  ready = $derived.by<boolean>(() => this.#first.value !== null || !this.#first.loading);

  /** The pinned step, if the sentence has it. */
  step = $derived.by<number | null>(() => within(this.explorer.view.step, this.sentence));
  /** The pinned step of the second sentence, if it has it. */
  step2 = $derived.by<number | null>(() => within(this.explorer.view.step2, this.second?.sentence ?? null));
  /** The brushed steps, if the sentence has them. */
  range = $derived.by<[number, number] | null>(() => {
    const range = this.explorer.view.range ?? null;
    return range !== null && within(range[1], this.sentence) !== null ? range : null;
  });

  constructor(private readonly explorer: Explorer) {}

  /** Asks for the sentences that the view names, as `model` and `state` read them; another `scope` drops the old ones. */
  want(scope: string, source: Source, dataset: DatasetEntry, model: ModelEntry, state: StateEntry): void {
    const { sentence, sentence2, towards } = this.explorer.view;
    const reading = { source, dataset, model, state, towards };
    /** Beside a sentence that was run here the published one is run here too: what differs is then no rounding. */
    const besideMade = isMade(sentence2) && sentence !== null && !isMade(sentence);
    const load =
      (key: string | null, second: boolean) =>
      async (incomplete: () => void, early: (passage: Passage) => void): Promise<Passage | null> => {
        if (key === null) return null;
        const loaded = isMade(key)
          ? await this.#made(key, reading, second)
          : await loadPassage(source, dataset, model, state, key, towards, early);
        if (loaded?.broken) incomplete();
        if (!loaded) await this.#replace(source, dataset, key, second);
        if (!second) this.#broken = loaded?.broken ?? null;
        else if (loaded?.broken) this.explorer.report('sequence', loaded.broken.error);
        if (loaded && !isMade(key)) this.#missed(loaded.passage.sentence, second);
        if (!loaded || second || !besideMade) return loaded?.passage ?? null;
        const here = await this.explorer.trying.passage(reading, key, 'first');
        return { ...loaded.passage, sequence: here?.sequence ?? loaded.passage.sequence };
      };
    const { allowed } = this.explorer.trying;
    this.#first.want(scope, JSON.stringify([sentence, towards, besideMade, allowed]), load(sentence, false));
    this.#second.want(scope, JSON.stringify([sentence2, towards, allowed]), load(sentence2, true));
    if (this.explorer.view.memory && sentence !== null && !isMade(sentence))
      this.#memory.want(scope, JSON.stringify([sentence, towards, allowed]), async () => {
        const row = await source.sentenceByKey(dataset, sentence);
        const followed = followedClass(model, towards);
        const found =
          row &&
          ((await loadAnswerMemory(source, model, row.id, scoreOf(model, followed))) ??
            (await this.explorer.trying.answerMemory(reading, row, followed)));
        return { of: JSON.stringify([sentence, towards]), found };
      });
  }

  async #made(key: string, reading: Reading, second: boolean): Promise<{ passage: Passage; broken: null } | null> {
    const passage = await this.explorer.trying.passage(reading, key, second ? 'second' : 'first');
    return passage && { passage, broken: null };
  }

  #arrived(): void {
    if (this.#broken) this.explorer.report('sequence', this.#broken.error);
    else if (!this.explorer.half?.broken) this.explorer.clearProblem('sequence');
    this.explorer.colouring.want();
  }

  /** A step that the sentence does not have is not pinned, and that is said. */
  #missed({ tokens }: Sentence, second: boolean): void {
    const { step, step2, range } = this.explorer.view;
    const asked = second ? step2 : Math.max(step ?? -1, range?.[1] ?? -1);
    if (asked === null || asked < tokens.length) return;
    this.explorer.say(
      `The ${second ? 'second ' : ''}sentence has ${tokens.length === 1 ? 'one word' : `${tokens.length} words`}: there is no word ${asked + 1} to pin.`,
    );
  }

  /** The sentence is not in the data: another one takes its place, and that is said. */
  async #replace(source: Source, dataset: DatasetEntry, key: string, second: boolean): Promise<void> {
    if (second) {
      this.explorer.say('The link names a second sentence that is not in this data.');
      return;
    }
    const other = await source.anySentence(dataset);
    if (this.explorer.view.sentence !== key || other === key) return;
    this.explorer.say(
      `The sentence “${key}” that was asked for is not in this data${other === null ? '.' : '; another one is shown.'}`,
    );
    if (other !== null) this.explorer.replaceSentence(other);
  }
}

function within(step: number | null | undefined, sentence: Sentence | null): number | null {
  return step !== null && step !== undefined && sentence && step < sentence.tokens.length ? step : null;
}
