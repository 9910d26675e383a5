import type { Glyphs } from './sequence';

/** What a piece of a bar says: orange is rising (positive gained, negative lost), blue the opposite. */
export interface Piece {
  kind: 'carried' | 'gained' | 'lost';
  rising: boolean;
  /** From the line: positive values lie above it. In the state's own units. */
  from: number;
  to: number;
}

export interface Bar {
  cluster: number;
  p: number;
  n: number;
  deltaP: number;
  deltaN: number;
  keptRate: number;
  pieces: Piece[];
}

function half(now: number, before: number, side: 1 | -1): Piece[] {
  const carried = Math.min(now, before);
  const pieces: Piece[] = [];
  if (carried > 0) pieces.push({ kind: 'carried', rising: false, from: 0, to: side * carried });
  if (now > before) pieces.push({ kind: 'gained', rising: side > 0, from: side * carried + 0, to: side * now });
  if (before > now) pieces.push({ kind: 'lost', rising: side < 0, from: side * carried + 0, to: side * before });
  return pieces;
}

/** The same bar while pushes are shown: one piece from the line, as far as the chip pushed at this step. */
export function pushed(of: Bar, push: number): Bar {
  return { ...of, pieces: push ? [{ kind: 'gained', rising: push > 0, from: 0, to: push }] : [] };
}

/** The bar of one cluster at one step: carried and gained make up what is there now, lost lies outside it. */
export function bar(glyphs: Glyphs, step: number, cluster: number): Bar {
  const i = step * glyphs.clusters + cluster;
  const p = glyphs.p[i]!;
  const n = glyphs.n[i]!;
  const deltaP = glyphs.deltaP[i]!;
  const deltaN = glyphs.deltaN[i]!;
  return {
    cluster,
    p,
    n,
    deltaP,
    deltaN,
    keptRate: glyphs.keptRate[i]!,
    pieces: [...half(p, p - deltaP, 1), ...half(-n, -(n - deltaN), -1)],
  };
}

/** Largest distance from the line that any bar of the sentence reaches: one scale for the screen. */
export function reach(glyphs: Glyphs): number {
  let most = 0;
  for (let i = 0; i < glyphs.p.length; i++) {
    const p = glyphs.p[i]!;
    const n = -glyphs.n[i]!;
    most = Math.max(most, p, p - glyphs.deltaP[i]!, n, n + glyphs.deltaN[i]!);
  }
  return most;
}
