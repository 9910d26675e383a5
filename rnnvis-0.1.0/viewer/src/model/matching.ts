import type { Matching } from '../data/comparison';
import type { Clustering } from '../data/types';

/** Below this a match is called weak. */
export const WEAK = 0.5;

export interface Match {
  partner: number;
  strength: number;
}

export function matchOf(matching: Matching | null, member: number): Match | null {
  const partner = matching?.b[member] ?? -1;
  return matching && partner >= 0 ? { partner, strength: matching.strength[member]! } : null;
}

/** The member of A that a member of B is matched with. */
export function matchBack(matching: Matching | null, partner: number): Match | null {
  const member = matching?.b.indexOf(partner) ?? -1;
  return matching && member >= 0 ? { partner: member, strength: matching.strength[member]! } : null;
}

/** The same matches seen from B. */
export function turned(matching: Matching, size: number): Matching {
  const b = new Int32Array(size).fill(-1);
  const strength = new Float32Array(size).fill(NaN);
  matching.b.forEach((partner, member) => {
    if (partner < 0 || partner >= size) return;
    b[partner] = member;
    strength[partner] = matching.strength[member]!;
  });
  return { b, strength, best: b, bestStrength: strength };
}

/** `match 0.85`, or `weak 0.36`: always the number. */
export function matchLabel(strength: number): string {
  if (!Number.isFinite(strength)) return 'no match';
  const digits = Math.abs(strength).toFixed(2);
  const number = strength < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
  return `${strength < WEAK ? 'weak' : 'match'} ${number}`;
}

/**
 * The grouping of B with each chip in the place of its match in A. The cloud that stood beside a chip moves with it, so
 * that links stay short; what has no match follows in its own order.
 */
export function inOrderOf(clustering: Clustering, order: readonly number[], matching: Matching): Clustering {
  const own = clustering.units.order;
  const matched = order.map((cluster) => matching.b[cluster] ?? -1).filter((cluster) => own.includes(cluster));
  const units = [...new Set([...matched, ...own])];
  const words = clustering.words.order;
  const follow = words.length === own.length ? units.map((cluster) => words[own.indexOf(cluster)]!) : words;
  return { ...clustering, units: { ...clustering.units, order: units }, words: { ...clustering.words, order: follow } };
}
