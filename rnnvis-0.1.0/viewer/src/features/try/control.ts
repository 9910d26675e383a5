/** What as many units taken at random do to the answer: the control that a switched-off chip is held against. */

import type { Switch } from '../../data/made';
import { said, type Quantity } from './answer';

export const RANDOM_GROUPS = 20;

/** A stream of numbers in [0, 1), the same for the same seed (mulberry32). */
function randoms(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** `size` of the numbers below `among`, each as likely as the others, in order. */
function drawn(size: number, among: number, random: () => number): number[] {
  const all = Array.from({ length: among }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(random() * (among - i));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, size).sort((a, b) => a - b);
}

/**
 * As many other units as are held, held in the same way at the same steps: `RANDOM_GROUPS` groups, always the same ones
 * for the same sizes. Of units that share a state no unit is drawn twice. Empty where a group could only be the whole state.
 */
export function randomGroups(switches: readonly Switch[], unitsOf: (state: string) => number): Switch[][] {
  const sizes = new Map<string, number>();
  for (const { state, units } of switches) sizes.set(state, (sizes.get(state) ?? 0) + units.length);
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (!total || [...sizes].some(([state, size]) => size >= unitsOf(state))) return [];
  const random = randoms(total);
  return Array.from({ length: RANDOM_GROUPS }, () => {
    const left = new Map([...sizes].map(([state, size]) => [state, drawn(size, unitsOf(state), random)]));
    return switches.map((one) => {
      const pool = left.get(one.state)!;
      // Which of the drawn ones goes to which switch is as random as the draw.
      const units = Array.from(one.units, () => pool.splice(Math.floor(random() * pool.length), 1)[0]!);
      return { ...one, units: units.sort((a, b) => a - b) };
    });
  });
}

/** The answer with everything, without what is switched off, and without each random group. */
export interface Controlled {
  before: number;
  after: number;
  random: number[];
}

/** Mean and standard deviation of how far the random groups move the answer, either way. */
export function chance({ before, random }: Controlled): { mean: number; spread: number } {
  const moves = random.map((value) => Math.abs(value - before));
  const mean = moves.reduce((sum, move) => sum + move, 0) / moves.length;
  const spread = Math.sqrt(moves.reduce((sum, move) => sum + (move - mean) ** 2, 0) / Math.max(1, moves.length - 1));
  return { mean, spread };
}

/** `Without chip 5 P(positive) goes from 0.11 to 0.64; 20 random groups of 8 units move it by 0.03 ± 0.02.` */
export function verdict(name: string, units: number, of: Quantity, found: Controlled): string {
  const { before, after, random } = found;
  const unit = of.unit && ` ${of.unit}`;
  const subject = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  const goes =
    said(before) === said(after)
      ? `${subject}, ${of.name} stays at ${said(after)}${unit}`
      : `${subject}, ${of.name} goes from ${said(before)} to ${said(after)}${unit}`;
  if (!random.length) return `${goes}. These are all units: there is no random group to compare with.`;
  const { mean, spread } = chance(found);
  const groups = `${random.length} random groups of ${units === 1 ? 'one unit' : `${units} units`}`;
  return `${goes}; ${groups} move it by ${said(mean)} ± ${said(spread)}${unit}.`;
}

/** Whether it is more than chance, in words; null where there is nothing to compare with. */
export function againstChance({ before, after, random }: Controlled): string | null {
  if (!random.length) return null;
  const move = Math.abs(after - before);
  const as = random.filter((value) => Math.abs(value - before) >= move).length;
  if (as === 0) return 'No random group moves it as far.';
  return `${as} of the ${random.length} random groups move${as === 1 ? 's' : ''} it as far or farther.`;
}
