import type { Tokens } from './colour';
import type { Focus, Held, Hover, ViewState } from '../state/types';

/** How the scene is to look at this moment; what is where stands in the scene. */
export interface Look {
  theme: Tokens;
  hover: Hover | null;
  held: Held;
  step: number | null;
  /** Brushed steps. */
  range: readonly [number, number] | null;
  /** Selected words, in order. */
  wordIds: readonly number[];
  /** Word of the pinned step, and the word cluster it belongs to. */
  pinnedWord: number | null;
  pinnedCloud: number | null;
  units: readonly number[];
  colourWords: ViewState['colourWords'];
  /** Per word: its effect on the verdict, for colouring; null where there is none. */
  effects: ((wordId: number) => number | null) | null;
  /** Per word: its part of speech; null where words were not tagged. */
  speech: ((wordId: number) => string | null) | null;
  linkWidth: number;
  /** Chips show the pinned step's own change, so that the step's links belong to them. */
  stepShown: boolean;
  /** What the chips show, where it is not the step of the only sentence. */
  shown?: Focus | null;
  /** Pinned step of the second sentence. */
  step2?: number | null;
  scroll: { sequence: number; board: number };
  /** What stands at the right end of a chip's head line instead of its mean; by unit cluster. */
  chipNotes?: ReadonlyMap<number, { text: string; strong: boolean }>;
  /** 0 to 1 while the picture changes from one grouping to the next. */
  progress: number;
}

/** The look of one sentence of two: only what is pinned and hovered in it. */
export function sideLook(look: Look, second: boolean): Look {
  const { hover } = look;
  const elsewhere = hover?.kind === 'step' && Boolean(hover.second) !== second;
  const own = second ? { step: look.step2 ?? null, range: null } : {};
  return { ...look, ...own, hover: elsewhere ? null : hover };
}

/** Strengths of links and other marks under attention. */
export const FRONT = 0.95;
export const BACK = 0.14;
export const BEHIND_PIN = 0.28;
const CALM = 0.42;
const FAINT = 0.13;

/** Links that nothing draws attention to: the more of them, the paler. */
export function calm(links: number): number {
  return Math.max(FAINT, CALM * Math.min(1, Math.sqrt(24 / Math.max(1, links))));
}

export function activeChip(look: Look): number | null {
  const { hover, held } = look;
  if (hover?.kind === 'chip') return hover.cluster;
  if (hover?.kind === 'step' && hover.cluster !== null) return null;
  return !hover && held?.kind === 'chip' ? held.cluster : null;
}

export function activeCloud(look: Look): number | null {
  const { hover, held } = look;
  if (hover?.kind === 'cloud' || hover?.kind === 'word') return hover.cluster;
  return !hover && held?.kind === 'cloud' ? held.cluster : null;
}
