import { DataProblem } from './problem';
import { effectScore } from './answer';
import {
  decodeAttention,
  decodeClustering,
  decodeSentence,
  decodeStates,
  decodeSteps,
  STEP_COLUMNS,
  decodeUnit,
  floats,
  ungrouped,
  isReversed,
} from './decode';
import { UNIT_FIELDS } from './figures';
import { fetchManifest } from './manifest';
import { Transport, type Transfers } from './remote';
import type { MetricsRow, UnitsRow } from './schema';
import { Store } from './store';
import type {
  Clustering,
  DatasetEntry,
  ModelEntry,
  Quantiles,
  Sentence,
  SentenceSteps,
  StateEntry,
  StateSequence,
  UnitContext,
  UnitHistogram,
  UnitRow,
  Vocabulary,
  WordEffect,
  WordResponse,
} from './types';

const EXPLAINED = ['explained_word', 'explained_pair', 'explained_position'] as const;

/** Above so many units their table is read by columns, without the histograms. */
const MANY_UNITS = 4096;
/** Histograms are read so many units at a time. */
const HISTOGRAMS = 256;

/** Everything that the views read, typed and cached. A table that was not published gives null; a damaged one throws. */
export class Source extends Store {
  static async open(
    manifestUrl: string,
    options: { home: string | null; changed?: (transfers: Transfers) => void; fetcher?: typeof fetch },
  ): Promise<Source> {
    const transport = new Transport(options.fetcher, options.changed);
    return new Source(manifestUrl, await fetchManifest(manifestUrl, transport), transport, options.home);
  }

  vocabulary(dataset: DatasetEntry): Promise<Vocabulary> {
    return this.once(`vocabulary ${this.owner(dataset)}`, async () => {
      const table = this.required(dataset, 'words');
      await Promise.all(table.files.map((file) => file.bytes()));
      const words = await table.columns(0, table.rows, [
        'text',
        'count',
        'special',
        'part_of_speech',
        'part_of_speech_share',
        'class_association',
      ]);
      const { text } = words;
      const orNull = <T>(column: (T | null)[]): (T | null)[] => text.map((_, id) => column[id] ?? null);
      return {
        text,
        count: Float64Array.from(words.count, Number),
        special: words.special,
        speech: words.part_of_speech.some(Boolean)
          ? { part: orNull(words.part_of_speech), share: orNull(words.part_of_speech_share) }
          : null,
        classAssociation: orNull(words.class_association),
        id: new Map(text.map((word, id) => [word, id])),
      };
    });
  }

  sentence(dataset: DatasetEntry, id: number): Promise<Sentence> {
    return this.once(`sentence ${this.owner(dataset)} ${id}`, async () => {
      const columns = ['sentence_id', 'key', 'split', 'label', 'score', 'text', 'tokens', 'surface'] as const;
      const table = this.required(dataset, 'sentences');
      const [row] = await table.where({ sentence_id: id }, columns);
      if (!row) throw new DataProblem(`There is no sentence ${id}`, table.urls.join(', '), 'Publish the data again.');
      return decodeSentence(row);
    });
  }

  /** Key of a sentence that is always there: the first probe, else the first of all; null where there is none. */
  async anySentence(dataset: DatasetEntry): Promise<string | null> {
    for (const key of Object.values(dataset.probes)) if (await this.sentenceByKey(dataset, key)) return key;
    return (this.table(dataset, 'sentences')?.rows ?? 0) > 0 ? (await this.sentence(dataset, 0)).key : null;
  }

  /** The sentence with this key; null where no sentence has it. Probes come first in the table and cost one small read. */
  sentenceByKey(dataset: DatasetEntry, key: string): Promise<Sentence | null> {
    return this.once(`key ${this.owner(dataset)} ${key}`, async () => {
      const table = this.required(dataset, 'sentences');
      const probes = Math.min(table.rows, dataset.splits['probe'] ?? 0);
      const shown = await table.excerpt?.read(['sentence_id', 'key']);
      const first = shown?.find((row) => row['key'] === key);
      if (first) return this.sentence(dataset, Number(first['sentence_id']));
      const find = async (start: number, end: number): Promise<number | null> => {
        const rows = await table.slice(start, end, ['sentence_id', 'key']);
        return rows.find((row) => row.key === key)?.sentence_id ?? null;
      };
      const isProbe = Object.values(dataset.probes).includes(key);
      const id = (isProbe ? await find(0, probes) : null) ?? (await find(0, table.rows));
      return id === null ? null : this.sentence(dataset, id);
    });
  }

  /** Model outputs along a sentence, for the class `chosen` of several; null where the model has none. */
  steps(
    model: ModelEntry,
    id: number,
    stateIndex: number,
    chosen: number | null = null,
  ): Promise<SentenceSteps | null> {
    return this.once(`steps ${this.owner(model)} ${id} ${stateIndex} ${chosen}`, async () => {
      const rows = await this.table(model, 'steps')?.where({ sentence_id: id }, STEP_COLUMNS);
      if (!rows?.length) return null;
      const attended = await this.table(model, 'attention')?.where({ sentence_id: id }, ['step', 'weight']);
      return { ...decodeSteps(rows, stateIndex, chosen), attention: decodeAttention(attended ?? [], rows.length) };
    });
  }

  /** Works out a state along a sentence whose states were left out; null where that cannot be done here. */
  workOut: (state: StateEntry, id: number) => Promise<StateSequence | null> = () => Promise.resolve(null);

  /**
   * A state along a sentence: as it was published, else worked out by the model in the page; null where neither can be
   * had. Rejects where the model should run and does not.
   */
  async states(state: StateEntry, id: number): Promise<StateSequence | null> {
    return (await this.publishedStates(state, id)) ?? this.workOut(state, id);
  }

  /** The same; null also where the model should run and does not. */
  async knownStates(state: StateEntry, id: number): Promise<StateSequence | null> {
    return (await this.publishedStates(state, id)) ?? this.workOut(state, id).catch(() => null);
  }

  /** A state along a sentence; null where the published sample of states leaves the sentence out. */
  publishedStates(state: StateEntry, id: number): Promise<StateSequence | null> {
    return this.once(`states ${this.owner(state)} ${id}`, async () => {
      const rows = await this.table(state, 'states')?.where({ sentence_id: id }, ['step', 'value']);
      if (!rows?.length) return null;
      for (const row of rows) this.fits(state, 'states', row.value.length);
      return decodeStates(rows, state.units, isReversed(state));
    });
  }

  /** The grouping; of a state that has none, all units as one. */
  clustering(state: StateEntry, method: string, selection: string, k: number): Promise<Clustering> {
    if (!state.k.length) return Promise.resolve(ungrouped(state.units, { method, selection, k }));
    return this.once(`clustering ${this.owner(state)} ${method} ${selection} ${k}`, async () => {
      const of = { method, selection, k };
      const [labels, blocks, strengths, summaries, quality] = await Promise.all([
        this.required(state, 'cluster_labels').where(of, ['side', 'ids', 'labels', 'order']),
        this.required(state, 'block_means').where(of, ['mean', 'push', 'pushes']),
        this.required(state, 'word_strengths').where(of, ['strength']),
        this.required(state, 'cluster_summaries').where(of, [
          'side',
          'cluster',
          'size',
          'stability',
          'purity_class',
          'effect',
          ...EXPLAINED,
          'effects',
        ]),
        this.required(state, 'cluster_quality').where(of, [
          'held_out_r2',
          'bound',
          'sign_coherence',
          'ari_words',
          'ari_units',
          ...EXPLAINED,
        ]),
      ]);
      const decoded = decodeClustering(of, { labels, blocks, strengths, summaries, quality });
      if (!decoded) {
        throw new DataProblem(
          `The grouping ${method}, ${selection}, ${k} clusters is not in the data`,
          this.required(state, 'cluster_labels').urls.join(', '),
          'Choose another number of clusters, or publish the data again.',
        );
      }
      return decoded;
    });
  }

  /** The expected response of a word; null where it was never measured. */
  response(state: StateEntry, wordId: number): Promise<WordResponse | null> {
    return this.once(`response ${this.owner(state)} ${wordId}`, async () => {
      const columns = ['count', 'reliability', 'norm', 'mean', 'standard_error'] as const;
      const [row] = await this.required(state, 'responses').where({ word_id: wordId }, columns);
      if (!row?.mean) return null;
      this.fits(state, 'responses', row.mean.length);
      return {
        wordId,
        count: Number(row.count),
        reliability: row.reliability ?? null,
        norm: row.norm ?? 0,
        mean: floats(row.mean),
        standardError: row.standard_error ? floats(row.standard_error) : null,
      };
    });
  }

  /** How far the measured uses of a word lie from its response, ascending, as `surpriseOf` reads them; null where there are none. */
  useDistances(state: StateEntry, wordId: number): Promise<Float32Array | null> {
    return this.once(`distances ${this.owner(state)} ${wordId}`, async () => {
      const [row] = (await this.table(state, 'use_distances')?.where({ word_id: wordId }, ['distance'])) ?? [];
      return row?.distance.length ? floats(row.distance) : null;
    });
  }

  /** Quantiles of a word's responses; null where the word is too rare for them. */
  quantiles(state: StateEntry, wordId: number): Promise<Quantiles | null> {
    return this.once(`quantiles ${this.owner(state)} ${wordId}`, async () => {
      const table = this.table(state, 'response_quantiles');
      const found = await table?.columnsWhere({ word_id: wordId }, ['q09', 'q25', 'q50', 'q75', 'q91']);
      if (!found?.q50.length) return null;
      return {
        q09: Float32Array.from(found.q09),
        q25: Float32Array.from(found.q25),
        q50: Float32Array.from(found.q50),
        q75: Float32Array.from(found.q75),
        q91: Float32Array.from(found.q91),
      };
    });
  }

  /** The effect of a word on the score of a class; null where the head does not read the state. */
  effect(state: StateEntry, wordId: number, score: number): Promise<WordEffect | null> {
    return this.once(`effect ${this.owner(state)} ${wordId} ${score}`, async () => {
      const columns = [
        'class',
        'count',
        'effect',
        'push',
        'push_standard_error',
        'q09',
        'q25',
        'q50',
        'q75',
        'q91',
      ] as const;
      const rows = (await this.table(state, 'word_effects')?.where({ word_id: wordId }, columns)) ?? [];
      const row = rows.find((one) => effectScore(one) === score);
      if (!row) return null;
      return {
        count: Number(row.count),
        effect: row.effect,
        push: row.push,
        pushStandardError: row.push_standard_error ?? null,
        quantiles: [row.q09, row.q25, row.q50, row.q75, row.q91],
      };
    });
  }

  units(state: StateEntry): Promise<UnitRow[]> {
    return this.once(`units ${this.owner(state)}`, async () => {
      const table = this.required(state, 'units');
      const columns = [
        ...(Object.keys(UNIT_FIELDS) as (keyof typeof UNIT_FIELDS)[]),
        'top_words',
        'bottom_words',
      ] as const;
      const rows = await (table.rows > MANY_UNITS ? table.slice(0, table.rows, columns) : table.all(columns));
      return rows.map(decodeUnit);
    });
  }

  /**
   * What one unit of state adds to a score of the answer, by unit (of the followed class, where several have one each);
   * null where the head does not read the state, or reads it in a way that has no weights.
   */
  outputWeights(state: StateEntry, followed: number): Promise<Float32Array | null> {
    return this.once(`output weights ${this.owner(state)} ${followed}`, async () => {
      const table = this.table(state, 'units');
      if (!table || !state.read_by_head) return null;
      const columns = ['output_weight', 'output_weights'] as const;
      const held = (await table.excerpt?.read(columns)) as Pick<UnitsRow, (typeof columns)[number]>[] | undefined;
      const rows = held?.length === state.units ? held : await table.slice(0, table.rows, columns);
      this.fits(state, 'units', rows.length);
      const weights = Float32Array.from(
        rows,
        (row) => row.output_weight ?? row.output_weights?.[followed] ?? Number.NaN,
      );
      return weights.every(Number.isFinite) ? weights : null;
    });
  }

  /** How often a unit has each value; null where the table does not have the unit. */
  async unitHistogram(state: StateEntry, unit: number): Promise<UnitHistogram | null> {
    const block = Math.floor(unit / HISTOGRAMS);
    const rows = await this.once(`histograms ${this.owner(state)} ${block}`, async () => {
      const table = this.required(state, 'units');
      const found = await table.slice(block * HISTOGRAMS, Math.min(table.rows, (block + 1) * HISTOGRAMS), [
        'unit',
        'histogram',
        'edges',
      ]);
      return new Map(
        found.map((row) => [
          row.unit,
          { unit: row.unit, counts: Array.from(row.histogram, Number), edges: floats(row.edges) },
        ]),
      );
    });
    return rows.get(unit) ?? null;
  }

  contexts(state: StateEntry, unit: number): Promise<UnitContext[]> {
    return this.once(`contexts ${this.owner(state)} ${unit}`, async () => {
      const rows =
        (await this.table(state, 'contexts')?.where({ unit }, [
          'unit',
          'sign',
          'rank',
          'sentence_id',
          'step',
          'value',
        ])) ?? [];
      return rows.map((row) => ({
        unit: row.unit,
        sign: row.sign < 0 ? -1 : 1,
        rank: row.rank,
        sentenceId: row.sentence_id,
        step: row.step,
        value: row.value,
      }));
    });
  }

  metrics(model: ModelEntry): Promise<MetricsRow[]> {
    return this.once(`metrics ${this.owner(model)}`, async () => {
      const columns = ['subject', 'measure', 'split', 'value', 'low', 'high', 'about'] as const;
      return (await this.table(model, 'metrics')?.all(columns)) ?? [];
    });
  }
}
