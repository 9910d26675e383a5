/** Searches along recorded states: pure functions over typed arrays, run in a worker. */

/** Some sentences' states: row-major [steps × units], with the sentence and the number of each step. */
export interface Chunk {
  units: number;
  values: Float32Array;
  sentences: Int32Array;
  steps: Int32Array;
}

/** A stretch of steps of a sentence, both ends included, with what it is ranked by. */
export interface Stretch {
  sentence: number;
  from: number;
  to: number;
  score: number;
}

/** A unit and the sign that it must have, 1 or −1. */
export interface SignedUnit {
  unit: number;
  sign: 1 | -1;
}

export interface Borders {
  before: boolean;
  after: boolean;
}

/**
 * Units active exactly in [from, to] of one sentence (LSTMVis; Strobelt et al., 2018): |s| ≥ threshold with one sign at
 * every step of the range and, where a border is required, not so at the step just outside. Ends of the sentence are quiet.
 */
export function activeUnits(
  values: Float32Array,
  units: number,
  from: number,
  to: number,
  threshold: number,
  borders: Borders,
): SignedUnit[] {
  const length = values.length / units;
  const found: SignedUnit[] = [];
  for (let unit = 0; unit < units; unit++) {
    const sign = values[from * units + unit]! < 0 ? -1 : 1;
    const on = (step: number): boolean =>
      step >= 0 && step < length && sign * values[step * units + unit]! >= threshold;
    let all = true;
    for (let step = from; step <= to && all; step++) all = on(step);
    if (all && !(borders.before && on(from - 1)) && !(borders.after && on(to + 1))) found.push({ unit, sign });
  }
  return found;
}

/** Every stretch of `length` steps in which at least one of the wanted units is active exactly; score = how many are. */
export function matchingStretches(
  chunk: Chunk,
  wanted: readonly SignedUnit[],
  length: number,
  threshold: number,
  borders: Borders,
): Stretch[] {
  const { units, values, sentences, steps } = chunk;
  const rows = sentences.length;
  const scores = new Uint16Array(rows);
  for (const { unit, sign } of wanted) {
    let run = 0;
    for (let row = 0; row < rows; row++) {
      if (row === 0 || sentences[row] !== sentences[row - 1]) run = 0;
      run = sign * values[row * units + unit]! >= threshold ? run + 1 : 0;
      if (run < length || (borders.before && run > length)) continue;
      const goesOn =
        row + 1 < rows &&
        sentences[row + 1] === sentences[row] &&
        sign * values[(row + 1) * units + unit]! >= threshold;
      if (!(borders.after && goesOn)) scores[row - length + 1]! += 1;
    }
  }
  const found: Stretch[] = [];
  for (let row = 0; row < rows; row++) {
    if (scores[row])
      found.push({ sentence: sentences[row]!, from: steps[row]!, to: steps[row]! + length - 1, score: scores[row]! });
  }
  return found;
}

/** Every longest run of at least `least` steps where the mean of the units is ≥ threshold (or ≤, below it); score = its mean there. */
export function runs(
  chunk: Chunk,
  members: readonly number[],
  below: boolean,
  threshold: number,
  least: number,
): Stretch[] {
  const { units, values, sentences, steps } = chunk;
  const rows = sentences.length;
  const found: Stretch[] = [];
  let start = -1;
  let sum = 0;
  const close = (end: number): void => {
    if (start >= 0 && end - start >= least)
      found.push({ sentence: sentences[start]!, from: steps[start]!, to: steps[end - 1]!, score: sum / (end - start) });
    start = -1;
    sum = 0;
  };
  for (let row = 0; row < rows; row++) {
    if (row > 0 && sentences[row] !== sentences[row - 1]) close(row);
    const value = meanOf(values, row * units, members);
    if (below ? value > threshold : value < threshold) close(row);
    else {
      if (start < 0) start = row;
      sum += value;
    }
  }
  close(rows);
  return found;
}

export function meanOf(values: Float32Array, at: number, members: readonly number[]): number {
  let sum = 0;
  for (const unit of members) sum += values[at + unit]!;
  return sum / members.length;
}

/** Distance of every step to `target`: 1 − cosine, or Euclidean. Score = distance. */
export function distances(chunk: Chunk, target: Float32Array, metric: 'cosine' | 'euclidean'): Stretch[] {
  const { units, values, sentences, steps } = chunk;
  let targetSize = 0;
  for (let u = 0; u < units; u++) targetSize += target[u]! ** 2;
  const found: Stretch[] = new Array<Stretch>(sentences.length);
  for (let row = 0; row < sentences.length; row++) {
    let dot = 0;
    let size = 0;
    let apart = 0;
    for (let u = 0, at = row * units; u < units; u++, at++) {
      const value = values[at]!;
      dot += value * target[u]!;
      size += value * value;
      apart += (value - target[u]!) ** 2;
    }
    const norm = Math.sqrt(size * targetSize);
    const score = metric === 'euclidean' ? Math.sqrt(apart) : norm > 0 ? Math.max(0, 1 - dot / norm) : 1;
    found[row] = { sentence: sentences[row]!, from: steps[row]!, to: steps[row]!, score };
  }
  return found;
}

export type Ranking = 'highest' | 'lowest' | 'longest';

/** Best first; ties in the order of the corpus. */
export function comparer(ranking: Ranking): (a: Stretch, b: Stretch) => number {
  const corpus = (a: Stretch, b: Stretch): number => a.sentence - b.sentence || a.from - b.from;
  if (ranking === 'lowest') return (a, b) => a.score - b.score || corpus(a, b);
  if (ranking === 'highest') return (a, b) => b.score - a.score || corpus(a, b);
  return (a, b) => b.to - b.from - (a.to - a.from) || corpus(a, b);
}

/** The best of each sentence only. `sorted` stands best first. */
export function onePerSentence(sorted: readonly Stretch[]): Stretch[] {
  const seen = new Set<number>();
  return sorted.filter(({ sentence }) => !seen.has(sentence) && seen.add(sentence));
}
