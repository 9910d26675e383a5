import { floats } from './decode';
import type { Source } from './source';
import type { DatasetEntry, StateEntry } from './types';

/** One of the numbers of a frame, or what is known of a step besides. */
export interface Channel {
  name: string;
  /** Whether the model does not read it. */
  truth: boolean;
  /** Its 1 % and 99 % quantiles over every step: the ends of its scale. */
  low: number;
  high: number;
}

/** What a model was fed along one sequence, row-major [steps × channels]. */
export interface Signal {
  channels: readonly Channel[];
  length: number;
  values: Float32Array;
}

/** How a unit goes along with a channel. */
export interface Along {
  channel: Channel;
  correlation: number;
  standardError: number | null;
}

/** The channels of a dataset of signals; none of one of words. */
export async function channelsOf(source: Source, dataset: DatasetEntry): Promise<Channel[]> {
  const rows = (await source.table(dataset, 'channels')?.all(['channel', 'name', 'truth', 'low', 'high'])) ?? [];
  return rows.map(({ name, truth, low, high }) => ({ name, truth, low, high }));
}

/** The signal that is read as a sequence; null of words, and where its frames were not published. */
export async function loadSignal(source: Source, dataset: DatasetEntry, id: number): Promise<Signal | null> {
  const rows = await source.table(dataset, 'frames')?.where({ sentence_id: id }, ['step', 'value']);
  if (!rows?.length) return null;
  const channels = await channelsOf(source, dataset);
  const values = new Float32Array(rows.length * channels.length);
  rows.forEach(({ value }, step) => values.set(floats(value), step * channels.length));
  return { channels, length: rows.length, values };
}

/** The channels that a unit goes along with, closest first; none where nothing is known of them. */
export async function alongChannels(
  source: Source,
  dataset: DatasetEntry,
  state: StateEntry,
  unit: number,
): Promise<Along[]> {
  const table = source.table(state, 'unit_channels');
  if (!table) return [];
  const [channels, rows] = await Promise.all([
    channelsOf(source, dataset),
    table.where({ unit }, ['channel', 'correlation', 'standard_error']),
  ]);
  return rows
    .flatMap(({ channel, correlation, standard_error }): Along[] => {
      const of = channels[channel];
      return of && typeof correlation === 'number'
        ? [{ channel: of, correlation, standardError: standard_error ?? null }]
        : [];
    })
    .sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
}
