import type { Clustering, ClusterSide, ModelEntry, StateEntry, Vocabulary } from '../data/types';
import type { PictureData } from './pictureData';

/** Small made-up data with every part of a picture, for tests. */

/** A repeatable stream of numbers in [0, 1) (mulberry32). */
function stream(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function side(count: number, k: number): ClusterSide {
  const ids = Int32Array.from({ length: count }, (_, i) => i);
  const labels = Uint8Array.from(ids, (i) => (i < k ? i : (i * i) % k));
  const sizes = Array.from({ length: k }, (_, c) => labels.filter((label) => label === c).length);
  return {
    ids,
    labels,
    order: Array.from({ length: k }, (_, i) => (i * 3 + 1) % k)
      .filter((c, i, all) => all.indexOf(c) === i)
      .concat(),
    summaries: sizes.map((size, cluster) => ({
      cluster,
      size,
      stability: cluster === 0 ? 0.3 : 0.8,
      purityClass: 0.9,
      effect: cluster - k / 2,
    })),
  };
}

export interface SampleSize {
  units?: number;
  words?: number;
  k?: number;
  tokens?: number;
}

export function samplePicture({ units = 64, words = 160, k = 8, tokens = 12 }: SampleSize = {}): PictureData & {
  clustering: Clustering;
  vocabulary: Vocabulary;
} {
  const next = stream(7);
  const text = Array.from({ length: words + 10 }, (_, i) =>
    i === words ? '<unk>' : `w${i}${'abcdefghij'.slice(0, i % 9)}`,
  );
  const vocabulary: Vocabulary = {
    text,
    count: Float64Array.from(text, (_, i) => 1000 - i),
    special: text.map((word) => word === '<unk>'),
    classAssociation: text.map(() => null),
    id: new Map(text.map((word, i) => [word, i])),
  };
  const wordSide = side(words, k);
  const unitSide = side(units, k);
  if (unitSide.order.length < k) unitSide.order = Array.from({ length: k }, (_, i) => i);
  if (wordSide.order.length < k) wordSide.order = Array.from({ length: k }, (_, i) => i);
  const blockMeans = Float32Array.from({ length: k * k }, () => next() - 0.5);
  const strengths = Float32Array.from(
    { length: words * k },
    (_, i) => blockMeans[wordSide.labels[Math.floor(i / k)]! * k + (i % k)]! + 0.3 * (next() - 0.5),
  );
  const clustering: Clustering = {
    method: 'block',
    selection: 'reliable',
    k,
    words: wordSide,
    units: unitSide,
    blockMeans,
    strengths,
    quality: { heldOutR2: 0.6, bound: 0.9, signCoherence: 0.8, ariWords: 0.9, ariUnits: 0.9 },
  };
  const values = Float32Array.from({ length: tokens * units }, () => 2 * next() - 1);
  const ids = Int32Array.from({ length: tokens }, (_, i) => (i === 2 ? words : i * 7));
  const surface = [...ids].map((id, i) => (i === 2 ? 'unheard' : text[id]!));
  const p = Array.from({ length: tokens }, () => next());
  const state = { name: 'rnn.0.h', title: 'Layer 1, hidden h', units, bounded: true } as StateEntry;
  const step = Math.min(5, tokens - 1);
  return {
    sentence: { id: 0, key: 'a', split: 'test', label: 1, score: 1, text: surface.join(' '), tokens: ids, surface },
    steps: {
      length: tokens,
      classes: 2,
      pClass: Float32Array.from(p.flatMap((v) => [1 - v, v])),
      followed: 1,
      value: null,
      target: null,
      push: null,
      loss: null,
      next: null,
      surprise: Float32Array.from(p, (v) => 100 * v),
    },
    sequence: { length: tokens, units, initial: new Float32Array(units), values },
    clustering,
    vocabulary,
    model: { name: 'gru', title: 'GRU', classes: ['negative', 'positive'], tables: {} } as ModelEntry,
    state,
    focusValues: Float32Array.from(
      { length: units },
      (_, u) => values[step * units + u]! - values[(step - 1) * units + u]!,
    ),
    weights: null,
    step,
    words: ['w1a'],
    sizedBy: null,
    linkThreshold: 0.25,
    linkWidth: 1,
    colourScale: 'fit',
    chipAlign: 'width',
  };
}
