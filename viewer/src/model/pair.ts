import type { Passage } from '../data/passage';
import type { DifferenceBox } from './layout';
import type { Scene } from './scene';
import type { SequenceScene } from './sequenceScene';
import { largest } from './scale';

/** Rows by which each of two sentences is moved down, so that their pinned steps lie on one row. */
export function shifts(step: number | null, step2: number | null): [number, number] {
  if (step === null || step2 === null) return [0, 0];
  return [Math.max(0, step2 - step), Math.max(0, step - step2)];
}

/** Rows that two sentences take side by side. */
export function pairedRows(length: number, length2: number, [shift, shift2]: readonly [number, number]): number {
  return Math.max(length + shift, length2 + shift2);
}

/** What one chip did at the pinned steps of both sentences. */
export interface Difference {
  cluster: number;
  number: number;
  first: number;
  second: number;
  /** Amount at the first step, a mean change or a push, minus that at the second. */
  value: number;
  /** Middle of its bar. */
  x: number;
}

export interface DifferenceScene {
  box: DifferenceBox;
  bars: Difference[];
  pitch: number;
  bar: number;
  /** Line from which bars rise and fall, and pixels per unit of state. */
  middle: number;
  scale: number;
  words: [string, string];
}

const HALF = 16;

/** The difference of two pinned steps, chip by chip; null while one of them is missing. */
export function differenceScene(
  first: SequenceScene | null,
  second: SequenceScene | null,
  steps: readonly [number | null, number | null],
  place: { box: DifferenceBox; x: number },
): DifferenceScene | null {
  const a = steps[0] === null ? undefined : first?.rows[steps[0]];
  const b = steps[1] === null ? undefined : second?.rows[steps[1]];
  if (!a?.amounts.length || a.amounts.length !== b?.amounts.length) return null;
  const values = a.amounts.map((amount, i) => amount - b.amounts[i]!);
  const pitch = (place.box.right - 20 - place.x) / values.length;
  return {
    box: place.box,
    pitch,
    bar: Math.min(28, pitch * 0.7),
    middle: place.box.below + 34,
    scale: HALF / (largest(values) || 1),
    words: [a.token, b.token],
    bars: values.map((value, i) => ({
      cluster: a.bars[i]!.cluster,
      number: i + 1,
      first: a.amounts[i]!,
      second: b.amounts[i]!,
      value,
      x: place.x + (i + 0.5) * pitch,
    })),
  };
}

/** The chip of the difference under a point. */
export function differenceAt(scene: DifferenceScene, x: number, y: number): Difference | null {
  if (y < scene.box.below || y > scene.box.bottom) return null;
  return scene.bars.find((bar) => Math.abs(x - bar.x) <= scene.pitch / 2) ?? null;
}

/** The scene with the second sentence in the place of the first: what works for one works for both. */
export function secondSide(scene: Scene): Scene {
  return { ...scene, sequence: scene.second, columns: { ...scene.columns, sequence: scene.columns.second ?? null } };
}

/** A passage with its pinned step. */
export interface PairData extends Passage {
  step: number | null;
}
