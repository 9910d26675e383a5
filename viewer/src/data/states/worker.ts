import {
  comparer,
  distances,
  matchingStretches,
  meanOf,
  onePerSentence,
  runs,
  type Borders,
  type Chunk,
  type Ranking,
  type SignedUnit,
  type Stretch,
} from './score';

/** What is looked for along the states. */
export type Task =
  | { kind: 'match'; wanted: SignedUnit[]; length: number; threshold: number; borders: Borders }
  | { kind: 'runs'; members: number[]; below: boolean; threshold: number; least: number; ranking: Ranking }
  | {
      kind: 'nearest';
      target: Float32Array;
      metric: 'cosine' | 'euclidean';
      onePerSentence: boolean;
      except: { sentence: number; step: number } | null;
    };

export type Request = { add: Chunk } | { ask: number; task: Task; limit: number; tinted: boolean };

/** A stretch with one number for each step of its sentence, for the tint of its words; none where no tint was asked for. */
export interface Found extends Stretch {
  along: Float32Array;
}

export interface Answer {
  ask: number;
  /** Stretches found, and the numbers of the sentences with one, among the sentences that were there. */
  total: number;
  ids: Int32Array;
  searched: number;
  best: Found[];
}

const chunks: Chunk[] = [];

function search(task: Task, limit: number, tinted: boolean): Omit<Answer, 'ask'> {
  const ranking = task.kind === 'nearest' ? 'lowest' : task.kind === 'match' ? 'highest' : task.ranking;
  let found: Stretch[] = [];
  const searched = new Set<number>();
  for (const chunk of chunks) {
    for (const sentence of chunk.sentences) searched.add(sentence);
    const part = partOf(chunk, task);
    found = found.length ? found.concat(part) : part;
  }
  found.sort(comparer(ranking));
  if (task.kind === 'nearest' && task.onePerSentence) found = onePerSentence(found);
  const best = found
    .slice(0, limit)
    .map((stretch) => ({ ...stretch, along: tinted ? along(stretch, task) : new Float32Array() }));
  return {
    total: found.length,
    ids: Int32Array.from(new Set(found.map(({ sentence }) => sentence))),
    searched: searched.size,
    best,
  };
}

function partOf(chunk: Chunk, task: Task): Stretch[] {
  if (task.kind === 'match') return matchingStretches(chunk, task.wanted, task.length, task.threshold, task.borders);
  if (task.kind === 'runs') return runs(chunk, task.members, task.below, task.threshold, task.least);
  const { except } = task;
  return distances(chunk, task.target, task.metric).filter(
    ({ sentence, from }) => sentence !== except?.sentence || (!task.onePerSentence && from !== except.step),
  );
}

/** At each step of the sentence: how many wanted units are active, the mean of the units, or the distance. */
function along({ sentence }: Stretch, task: Task): Float32Array {
  const chunk = chunks.find(
    ({ sentences }) => sentences[0]! <= sentence && sentence <= sentences[sentences.length - 1]!,
  );
  if (!chunk) return new Float32Array();
  const start = chunk.sentences.indexOf(sentence);
  const end = chunk.sentences.lastIndexOf(sentence) + 1;
  const { units, values } = chunk;
  if (task.kind === 'nearest') {
    const part = {
      units,
      values: values.subarray(start * units, end * units),
      sentences: chunk.sentences.subarray(start, end),
      steps: chunk.steps.subarray(start, end),
    };
    return Float32Array.from(distances(part, task.target, task.metric), ({ score }) => score);
  }
  return Float32Array.from({ length: end - start }, (_, i) => {
    const at = (start + i) * units;
    if (task.kind === 'runs') return meanOf(values, at, task.members);
    return task.wanted.filter(({ unit, sign }) => sign * values[at + unit]! >= task.threshold).length;
  });
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if ('add' in data) chunks.push(data.add);
  else postMessage({ ask: data.ask, ...search(data.task, data.limit, data.tinted) } satisfies Answer);
});
