import { secondSide } from '../../model/pair';
import type { PictureData } from '../../model/pictureData';
import type { Scene } from '../../model/scene';
import { valueAt } from '../../model/signal';
import { fixed, percent, signed, significant } from '../../wording/format';

/** A picture as rows and columns, for screen readers and for saving. */
export interface TwinTable {
  title: string;
  head: string[];
  rows: string[][];
}

/** What the sequence draws: push of every word, mean change or push of every chip, and the share it kept. */
export function sequenceTable(scene: Scene, name = 'Sequence'): TwinTable {
  const what = scene.pushed ? 'push' : 'change';
  const rows = scene.sequence?.rows ?? [];
  const track = rows.some((row) => row.p !== null);
  const pushes = rows.some((row) => row.push !== null);
  const guesses = rows.some((row) => row.next !== null);
  const numbers = [...scene.numbers.values()];
  const shown = rows.some((row) => row.bars.length) ? numbers : [];
  return {
    title: `${name}: ${what} of every chip at every word`,
    head: [
      'word',
      ...(pushes ? ['push'] : []),
      ...(track ? [scene.sequence!.trackName] : []),
      ...(guesses ? ['likeliest next word', 'its probability'] : []),
      ...shown.flatMap((n) => [`chip ${n} ${what}`, `chip ${n} kept`]),
    ],
    rows: rows.map((row) => [
      row.token,
      ...(pushes ? [row.push === null ? '' : signed(row.push, 4)] : []),
      ...(track ? [row.p === null ? '' : fixed(row.p, 3)] : []),
      ...(guesses ? [row.next?.text ?? '', row.next ? fixed(row.next.p, 3) : ''] : []),
      ...row.bars.flatMap((bar, i) => [
        signed(row.amounts[i]!, 4),
        Number.isFinite(bar.keptRate) ? percent(bar.keptRate) : '',
      ]),
    ]),
  };
}

/** The weights of every word: one column with pooling, else a row for each step that pays attention. */
export function attentionTables(scene: Scene): TwinTable[] {
  const of = (sequence: Scene['sequence'], title: string): TwinTable[] => {
    if (!sequence?.attention || !scene.columns.sequence?.attention) return [];
    const { pooled, weights } = sequence.attention;
    const words = sequence.rows.map((row) => row.token);
    const cells = (step: number): string[] => words.map((_, i) => fixed(weights.get(step)?.[i] ?? 0, 4));
    if (!pooled)
      return [
        {
          title: `${title} of a row’s word to every word`,
          head: ['word', ...words],
          rows: words.map((word, step) => [word, ...cells(step)]),
        },
      ];
    const paid = cells([...weights.keys()][0]!);
    return [
      { title: `${title} to every word`, head: ['word', 'attention'], rows: words.map((word, i) => [word, paid[i]!]) },
    ];
  };
  if (!scene.second) return of(scene.sequence, 'Sequence: attention');
  return [...of(scene.sequence, 'Sentence 1: attention'), ...of(scene.second, 'Sentence 2: attention')];
}

/** What of each word is in the answer after a row's word, with what no word is in. */
export function memoryOfAnswerTables({ sequence }: Scene): TwinTable[] {
  if (!sequence?.memory) return [];
  const words = sequence.rows.map((row) => row.token);
  return [
    {
      title: 'Sequence: what of each word is in the answer after a row’s word',
      head: ['after', 'answer', 'no word', ...words],
      rows: [...sequence.memory.steps.values()].map(({ step, part, rest, answer }) => [
        words[step] ?? '',
        signed(answer, 4),
        signed(rest, 4),
        ...words.map((_, i) => (i < part.length ? signed(part[i]!, 4) : '')),
      ]),
    },
  ];
}

/** The units that are followed, after every word. */
export function followedTables({ sequence }: Scene): TwinTable[] {
  const list = sequence?.followed.list ?? [];
  if (!sequence || !list.length) return [];
  return [
    {
      title: 'Sequence: followed units after every word',
      head: ['word', ...list.map(({ unit }) => `unit ${unit}`)],
      rows: sequence.rows.map((row) => [row.token, ...list.map(({ values }) => signed(values[row.step]!, 4))]),
    },
  ];
}

/** What the model was fed, beside the events. */
export function signalTables(scene: Scene): TwinTable[] {
  const of = (sequence: Scene['sequence'], title: string): TwinTable[] => {
    const signal = sequence?.signal;
    if (!sequence || !signal) return [];
    return [
      {
        title: `${title} at every step`,
        head: ['event', ...signal.channels.map(({ name }) => name)],
        rows: sequence.rows.map((row) => [
          row.token,
          ...signal.channels.map((_, i) => significant(valueAt(signal, row.step, i), 5)),
        ]),
      },
    ];
  };
  if (!scene.second) return of(scene.sequence, 'Sequence: the signal');
  return [...of(scene.sequence, 'Sentence 1: the signal'), ...of(scene.second, 'Sentence 2: the signal')];
}

/** What the second sentence draws, and by how much more each chip moved at the first one's pinned step. */
export function pairTables(scene: Scene): TwinTable[] {
  if (!scene.second) return [];
  const second = sequenceTable(secondSide(scene), 'Sentence 2');
  const { difference } = scene;
  if (!difference) return [second];
  const [a, b] = difference.words;
  return [
    second,
    {
      title: `Difference: ${scene.pushed ? 'push' : 'mean change'} of every chip at “${a}” in sentence 1 minus at “${b}” in sentence 2`,
      head: ['chip', 'sentence 1', 'sentence 2', '1 minus 2'],
      rows: difference.bars.map((bar) => [
        String(bar.number),
        signed(bar.first, 4),
        signed(bar.second, 4),
        signed(bar.value, 4),
      ]),
    },
  ];
}

/** Every unit, or where `most` is exceeded every chip: a page with a hundred thousand rows helps nobody. */
export function memoryTable(scene: Scene, label: string, most = Infinity): TwinTable {
  const list = scene.chips?.list ?? [];
  const amount = scene.pushed ? 'sum' : 'mean';
  if (list.reduce((sum, chip) => sum + chip.group.members.length, 0) > most) {
    return {
      title: `Memory: ${label || 'units'} by chip; save as CSV for every unit`,
      head: ['chip', amount, 'units'],
      rows: list.map((chip) => [String(chip.group.number), signed(chip.amount, 4), String(chip.group.members.length)]),
    };
  }
  return {
    title: `Memory: ${label || 'units'} by chip`,
    head: ['chip', amount, 'unit', 'value'],
    rows: list.flatMap((chip) =>
      chip.cells.map((cell) => [
        String(chip.group.number),
        signed(chip.amount, 4),
        String(cell.unit),
        signed(cell.value, 4),
      ]),
    ),
  };
}

export function wordsTable(scene: Scene): TwinTable {
  return {
    title: 'Words: mean response over the chip that sizes their cloud',
    head: ['cloud', 'word', 'chip', 'response'],
    rows: (scene.clouds?.list ?? []).flatMap((cloud) =>
      [...cloud.words, ...cloud.more]
        .sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength) || a.wordId - b.wordId)
        .map((word) => [
          String(cloud.group.number),
          word.text,
          String(scene.numbers.get(cloud.chip) ?? ''),
          signed(word.strength, 4),
        ]),
    ),
  };
}

export function linksTable(scene: Scene, data: PictureData): TwinTable {
  const clouds = new Map((data.clustering?.words.order ?? []).map((cluster, i) => [cluster, i + 1]));
  return {
    title: scene.links?.pushed
      ? 'Links: what the words of a cloud push through a chip on average'
      : 'Links: mean response of a chip to the words of a cloud',
    head: ['cloud', 'chip', scene.links?.pushed ? 'mean push' : 'mean response'],
    rows: (scene.links?.list ?? []).map((link) => [
      String(clouds.get(link.wordCluster) ?? ''),
      String(scene.numbers.get(link.unitCluster) ?? ''),
      signed(link.value, 4),
    ]),
  };
}

export function allTables(scene: Scene, data: PictureData, label: string, most = Infinity): TwinTable[] {
  const sequence = sequenceTable(scene, scene.second ? 'Sentence 1' : undefined);
  return [
    sequence,
    ...signalTables(scene),
    ...attentionTables(scene),
    ...memoryOfAnswerTables(scene),
    ...followedTables(scene),
    ...pairTables(scene),
    memoryTable(scene, label, most),
    wordsTable(scene),
    linksTable(scene, data),
  ].filter((table) => table.rows.length);
}
