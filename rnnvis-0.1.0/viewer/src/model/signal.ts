import type { Channel, Signal } from '../data/signal';

/** Channels of the input up to which each has a line of its own; more are drawn as a strip of tints. */
export const MOST_LINES = 4;
const MOST_TRUTHS = 2;

/** What of a signal is drawn beside the sequence: lines of single channels, and a strip of many. */
export interface SignalLanes {
  /** Numbers of the channels in the strip; empty where the input has few. */
  strip: number[];
  /** Numbers of the channels that have lines, those of the input first. */
  lines: number[];
}

export function signalLanes({ channels }: Pick<Signal, 'channels'>): SignalLanes {
  const numbers = channels.map((_, i) => i);
  const input = numbers.filter((i) => !channels[i]!.truth);
  const truth = numbers.filter((i) => channels[i]!.truth).slice(0, MOST_TRUTHS);
  const many = input.length > MOST_LINES;
  return { strip: many ? input : [], lines: many ? truth : [...input, ...truth] };
}

/** Where a value lies on the scale of its channel, 0 to 1; beyond its ends at them. */
export function share(value: number, { low, high }: Pick<Channel, 'low' | 'high'>): number {
  return high > low ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0.5;
}

/** The value of a channel at a step. */
export function valueAt({ values, channels }: Signal, step: number, channel: number): number {
  return values[step * channels.length + channel] ?? Number.NaN;
}
