/** The model that runs in the page, and the sentences that it reads here: fetched when something is typed or switched off. */

import {
  idOf,
  openStepModel,
  sayOn,
  takenFrom,
  tokenize,
  type Ask,
  type Fetching,
  type Held,
  type Ran,
  type SpecWords,
  type StepModel,
  type Tokenized,
} from '../infer';
import { isReversed } from '../data/decode';
import { madeOf, MOST_WORDS, writeMade, type Made, type Switch } from '../data/made';
import type { Passage } from '../data/passage';
import { cannotRun, whyNotRunnable } from '../data/runnable';
import { DataProblem } from '../data/problem';
import type { Source } from '../data/source';
import type { DatasetEntry, ModelEntry, Sentence, StateEntry, Vocabulary } from '../data/types';
import { otherHalf, readingOf, shared } from './handing';
import { startOf, startsFromSomething, type Start } from './starts';

/** What a sentence is read with. */
export interface Reading {
  source: Source;
  dataset: DatasetEntry;
  model: ModelEntry;
  state: StateEntry;
  /** The class that is followed of several; null for the last. */
  towards: number | null;
}

/** A sentence as it is asked of the model. */
export interface Asked {
  sentence: Sentence;
  ask: Ask;
  /** Positions of words that the vocabulary does not hold. */
  unknown: number[];
  /** Whether it starts from where the sentence before it ended, not from an empty memory. */
  started: boolean;
}

type Open = (
  source: Source,
  dataset: DatasetEntry,
  model: ModelEntry,
  told: (fetching: Fetching) => void,
) => Promise<StepModel>;

/** Models that are kept open, those asked for last: each has a worker and its weights. */
const OPEN = 4;
/** A made sentence has no number among the published ones. */
const NO_ID = -1;

/** Runs sentences through the step model of whatever model is asked for. The last ones stay open. */
export class Reader {
  readonly #models = new Map<ModelEntry, Promise<StepModel>>();
  #asked = 0;
  readonly #starts = new Map<StepModel, Map<string, Promise<Start>>>();

  /** Hears what else is fetched for a model that is opened. */
  told: (fetching: Fetching) => void = () => undefined;

  constructor(private readonly openModel: Open) {}

  open({ source, dataset, model }: Pick<Reading, 'source' | 'dataset' | 'model'>): Promise<StepModel> {
    const reason = whyNotRunnable(dataset, model);
    if (reason) return Promise.reject(cannotRun(model, reason));
    const known = this.#models.get(model);
    const opened = known ?? this.openModel(source, dataset, model, (fetching) => this.told(fetching));
    this.#models.delete(model);
    this.#models.set(model, opened);
    if (!known) opened.catch(() => this.#models.get(model) === opened && this.#models.delete(model));
    for (const other of [...this.#models.keys()].slice(0, -OPEN)) this.#put(other, 'retire');
    return opened;
  }

  /** Puts all models away, with their workers. */
  close(): void {
    for (const model of [...this.#models.keys()]) this.#put(model, 'close');
  }

  #put(model: ModelEntry, how: 'close' | 'retire'): void {
    void this.#models.get(model)?.then(
      (opened) => opened[how](),
      () => undefined,
    );
    this.#models.delete(model);
  }

  /**
   * The sentence of a key, ready to be run; null where no sentence has the key. `handing` is that of an encoder whose
   * decoder is asked, and holds both against what is published.
   */
  async asked(reading: Reading, key: string, handing = false): Promise<Asked | null> {
    const { source, dataset, state, towards } = reading;
    const made = madeOf(key);
    const model = await this.open(reading);
    const vocabulary = await source.vocabulary(dataset);
    if (model.handed) return this.#said(reading, model, made, key, vocabulary);
    const read = await this.#read(made, key, reading, model, vocabulary);
    if (!read) return null;
    const { sentence, unknown } = read;
    const length = sentence.tokens.length;
    if (length > MOST_WORDS)
      throw new DataProblem(
        `The sentence has ${length.toLocaleString('en')} words; the page runs at most ${MOST_WORDS}`,
        reading.model.title,
        'Shorten it. In Python, rnnvis.record takes sentences of any length.',
      );
    if (length === 0)
      throw new DataProblem('There is no word to read', 'the typed sentence', 'Type at least one word.');
    const other = otherHalf(reading);
    if (other?.before)
      throw cannotRun(reading.model, 'It goes on from what its encoder hands over, which its file does not take.');
    const [mine] = shared(made.switches, reading.model, other?.model ?? null);
    const held = await Promise.all(mine.map((one) => this.held(one, reading, length)));
    const ask: Ask = {
      tokens: sentence.tokens,
      ...('key' in made.base && { sentence: sentence.id }),
      state: state.name,
      held,
      followed: towards,
      target: sentence.label,
    };
    const from = 'key' in made.base ? made.base.key : made.start;
    if (other && from !== undefined && !handing) await this.asked(readingOf(other), from);
    const initial = other || from === undefined ? null : await this.#start(reading, model, from);
    if (!initial) return { sentence, ask, unknown, started: false };
    return { sentence, ask: { ...ask, initial }, unknown, started: startsFromSomething(initial) };
  }

  /** What a decoder reads and says after its encoder read the key: as it was published, or of its own accord. */
  async #said(
    reading: Reading,
    model: StepModel,
    made: Made,
    key: string,
    vocabulary: Vocabulary,
  ): Promise<Asked | null> {
    const { source, dataset, state } = reading;
    const encoder = otherHalf(reading);
    const read = encoder && (await this.asked(readingOf(encoder), writeMade(made), true));
    if (!read) return null;
    const lane = `said ${++this.#asked}`;
    const ran = await this.run(encoder, { ...read.ask, lane });
    const initial = takenFrom(model.handed!, ran.states);
    if (!initial) throw cannotRun(reading.model, 'What it starts from is not handed over.');
    const ask = { state: state.name, initial };
    if ('key' in made.base && !made.switches.length) {
      const sentence = await source.sentenceByKey(dataset, made.base.key);
      if (!sentence) return null;
      await startOf(reading, model, sentence, initial);
      return { sentence, ask: { ...ask, tokens: sentence.tokens }, unknown: [], started: true };
    }
    if ('key' in made.base) await this.asked(reading, made.base.key);
    const [mine] = shared(made.switches, reading.model, encoder.model);
    const held = await Promise.all(mine.map((one) => this.held(one, reading, Number.MAX_SAFE_INTEGER)));
    const tokens = await sayOn(model, { ...ask, held, lane });
    const surface = Array.from(tokens, (token) => vocabulary.text[token] ?? '');
    const { label } = read.sentence;
    const sentence: Sentence = {
      id: NO_ID,
      key,
      split: 'typed',
      label,
      score: null,
      text: `${read.sentence.text} → ${surface
        .slice(1)
        .filter((_, i) => tokens[i + 1] !== model.words?.end)
        .join(' ')}`,
      tokens,
      surface,
    };
    return { sentence, ask: { ...ask, held, tokens }, unknown: read.unknown, started: true };
  }

  /** What a published sentence starts from; it is found once. */
  #start(reading: Reading, model: StepModel, key: string): Promise<Start> {
    const known = this.#starts.get(model) ?? new Map<string, Promise<Start>>();
    this.#starts.set(model, known);
    let start = known.get(key);
    if (!start) {
      start = reading.source.sentenceByKey(reading.dataset, key).then((sentence) => {
        if (sentence) return startOf(reading, model, sentence);
        throw new DataProblem(
          `The sentence ${key}, from whose start this one was to be read, is not there`,
          reading.dataset.title,
          'Take the words from a sentence of this folder, or type them.',
        );
      });
      known.set(key, start);
      start.catch(() => known.delete(key));
    }
    return start;
  }

  /** The passage of a key, run here; a newer one of the same `lane` cancels it. */
  async passage(reading: Reading, key: string, lane: string): Promise<Passage | null> {
    const asked = await this.asked(reading, key);
    if (!asked) return null;
    const { steps, sequence } = await this.run(reading, { ...asked.ask, lane });
    return { sentence: asked.sentence, steps, sequence };
  }

  /**
   * Gates of the layer of the state along a sentence, by name, row-major [steps × units]; null where its cell has none, or
   * where a projection stands between them and the state.
   */
  async gates(reading: Reading, key: string): Promise<Readonly<Record<string, Float32Array>> | null> {
    const asked = await this.asked(reading, key);
    if (!asked) return null;
    const { gates, sequence } = await this.run(reading, { ...asked.ask, gates: true, lane: `gates of ${key}` });
    const fit = Object.values(gates ?? {}).every(({ length }) => length === sequence.values.length);
    return fit ? gates : null;
  }

  async run(reading: Pick<Reading, 'source' | 'dataset' | 'model'>, ask: Ask): Promise<Ran> {
    return (await this.open(reading)).run(ask);
  }

  async #read(
    { base, label }: Made,
    key: string,
    { source, dataset }: Reading,
    model: StepModel,
    vocabulary: Vocabulary,
  ): Promise<{ sentence: Sentence; unknown: number[] } | null> {
    if ('key' in base) {
      const sentence = await source.sentenceByKey(dataset, base.key);
      if (!sentence) return null;
      return { sentence: { ...sentence, key, label: label ?? sentence.label }, unknown: [] };
    }
    const { words } = model;
    if (!words)
      throw new DataProblem(
        'This model reads vectors, which cannot be typed',
        'the typed sentence',
        'Switch units off in a published sentence instead.',
      );
    const { surface, tokens, unknown } =
      'text' in base ? tokenize(base.text, words, vocabulary) : looked(base.words, words, vocabulary);
    const missing = tokens.indexOf(-1);
    if (missing >= 0)
      throw new DataProblem(
        `The vocabulary does not hold “${surface[missing]}”, and nothing in this model stands for unknown words`,
        'the typed sentence',
        'Take a word of the vocabulary.',
      );
    const text = 'text' in base ? base.text : surface.join(words.kind === 'characters' ? '' : ' ');
    return { sentence: { id: NO_ID, key, split: 'typed', label, score: null, text, tokens, surface }, unknown };
  }

  /** Part of the state as the engine holds it along a sentence of `length` words. */
  async held(one: Switch, reading: Reading, length: number): Promise<Held> {
    const { source, model } = reading;
    const state = model.states.find(({ name }) => name === one.state);
    if (!state || one.units.some((unit) => unit >= state.units))
      throw new DataProblem(
        `What is switched off (${one.state}) is not in ${model.title}`,
        'the switched units',
        'Remove the switch, or choose the model that it was made with.',
      );
    const at = { state: one.state, units: one.units };
    const first = Math.min(one.first, length - 1);
    // From a word of the text on: a state that reads backwards comes to that word last.
    const from = isReversed(state) ? { ...at, last: first } : { ...at, first };
    const { instead } = one;
    if (instead === 'zero' || instead === 'previous') return { ...from, value: instead };
    if (instead === 'mean') {
      const means = new Map((await source.units(state)).map(({ unit, mean }) => [unit, mean]));
      return { ...from, value: Float32Array.from(one.units, (unit) => means.get(unit) ?? 0) };
    }
    if ('times' in instead) return { ...from, scale: instead.times };
    const value = await this.#carried(instead.carried, one.units, { ...reading, state });
    return { ...at, first, last: first, value };
  }

  /** What units are after a step of another sentence. */
  async #carried(
    { key, step }: { key: string; step: number },
    units: readonly number[],
    reading: Reading,
  ): Promise<Float32Array> {
    const from = await this.passage(reading, key, `carried ${key}`);
    const states = from?.sequence;
    if (!states || step >= states.length)
      throw new DataProblem(
        'The state that is to be carried in is not there',
        `word ${step + 1} of the other sentence`,
        'Choose another sentence or another word of it.',
      );
    return Float32Array.from(units, (unit) => states.values[step * states.units + unit]!);
  }
}

/** Word by word as the vocabulary has them; −1 where nothing stands for a word. */
function looked(surface: readonly string[], how: SpecWords, vocabulary: Vocabulary): Tokenized {
  const ids = surface.map((word) => idOf(word, how, vocabulary));
  return {
    surface: [...surface],
    tokens: Int32Array.from(ids, (id) => id ?? how.unknown ?? -1),
    unknown: [...ids.keys()].filter((i) => ids[i] === null),
  };
}

/** The reader that runs the published step models. */
export function startReader(): Reader {
  return new Reader(openStepModel);
}
