/** What is asked of the sentences, and what is found. */

import type { Hit, Match } from './matching';

export const SENTENCE_ORDERS = ['corpus', 'loss', 'surprise', 'longest', 'shortest', 'alphabet'] as const;
export type SentenceOrder = (typeof SENTENCE_ORDERS)[number];

/** Least and most, both included; null for no bound. */
export type Span = readonly [number | null, number | null];

export interface SentenceSearch {
  /** Text to find, without regard to case and accents; `/…/` is a regular expression. Empty finds all. */
  text: string;
  /** Whether the text means whole words, or letters anywhere; letters without it. */
  match?: Match;
  label: number | null;
  split: string | null;
  /** Only those that the model got right, or wrong. */
  verdict: 'right' | 'wrong' | null;
  length?: Span;
  loss?: Span;
  surprise?: Span;
  order: SentenceOrder;
  /** Null for all. */
  limit: number | null;
  offset: number;
}

export interface SentenceHit {
  id: number;
  key: string;
  text: string;
  split: string;
  label: number | null;
  length: number;
  predicted: number | null;
  loss: number | null;
  surprise: number | null;
  surpriseStep: number | null;
  /** Where an expression was found in the text; null for other searches. */
  marks: Hit[] | null;
}

export interface SentenceHits {
  total: number;
  hits: SentenceHit[];
}

/** The expression between slashes, or null where the text is not one. */
export function expression(text: string): string | null {
  return /^\/(.+)\/$/s.exec(text.trim())?.[1] ?? null;
}
