/** What happens without a chip, in rows, words and numbers. */

import { ABLATED } from '../data/figures';
import type { ChipEffect, ChipEffects } from '../data/measured';
import type { Clustering, ModelEntry, Vocabulary } from '../data/types';
import { groups, strength } from '../model/groups';
import { count } from './format';
import type { Table } from '../model/csv';
import { corpusList, type Segment, type TooltipContent } from './tip';
import { amount, moves, noAblation } from './told';

/** Words that name a cloud. */
const NAMING = 3;

export interface WithoutRow {
  /** `All text`, the name of a label, or `Words 3`. */
  name: string;
  /** Drawn number of the cloud; null for other texts. */
  cloud: number | null;
  /** Words of the cloud that the chip answers to most. */
  words: string[];
  effect: ChipEffect;
}

/** Rows that are compared with each other, under a heading. */
export interface WithoutGroup {
  title: string | null;
  rows: WithoutRow[];
}

interface Names {
  clustering: Clustering;
  vocabulary: Vocabulary;
  labels: readonly string[];
  kind: ModelEntry['kind'];
}

/** Everything that is known about a chip: the whole text, then its labels, then its words, clouds as they are numbered. */
export function withoutGroups(
  effects: ChipEffects,
  cluster: number,
  { clustering, vocabulary, labels, kind }: Names,
): WithoutGroup[] {
  const own = effects.rows.filter((row) => row.cluster === cluster);
  const classes = own.filter(({ subject }) => subject === 'class').sort((a, b) => a.value - b.value);
  const clouds = groups(clustering.words).flatMap((group): WithoutRow[] => {
    const effect = own.find(({ subject, value }) => subject === 'words' && value === group.cluster);
    if (!effect) return [];
    const size = (index: number): number => Math.abs(strength(clustering, index, cluster));
    const strongest = [...group.members].sort((a, b) => size(b) - size(a) || a - b).slice(0, NAMING);
    return [
      {
        name: ABLATED.words.name.replace('{number}', String(group.number)),
        cloud: group.number,
        words: strongest.map((i) => vocabulary.text[clustering.words.ids[i]!] ?? ''),
        effect,
      },
    ];
  });
  const guesses = kind === 'language model';
  return [
    {
      title: null,
      rows: own
        .filter(({ subject }) => subject === 'all')
        .map((effect) => ({ name: ABLATED.all.name, cloud: null, words: [], effect })),
    },
    {
      title: ABLATED.class.heading,
      rows: classes.map((effect) => ({
        name: ABLATED.class.name.replace('{label}', () => labels[effect.value] ?? `label ${effect.value}`),
        cloud: null,
        words: [],
        effect,
      })),
    },
    {
      title: guesses ? ABLATED.words.guesses : ABLATED.words.heading,
      rows: clouds,
    },
  ].filter(({ rows }) => rows.length);
}

/** The chip as a whole; null where that was not measured. */
export function ofAllText(effects: ChipEffects | null, cluster: number): ChipEffect | null {
  return effects?.rows.find((row) => row.cluster === cluster && row.subject === 'all') ?? null;
}

function group(units: number): string {
  return units === 1 ? 'a random unit' : `${count(units)} random units`;
}

/** `Without it the loss rises by 0.060 ± 0.004 nats; without 7 random units by 0.015 ± 0.006.` */
export function withoutLine(effect: ChipEffect, units: number): string {
  const random =
    effect.random === null
      ? ''
      : `; without ${group(units)} it ${moves({ increase: effect.random, standardError: effect.randomSpread })}`;
  return `Without it the loss ${moves(effect)} nats${random}.`;
}

/** Whether that is more than chance; null where it cannot be said. */
export function againstChance({ increase, standardError, random, randomSpread }: ChipEffect): string | null {
  if (random === null || randomSpread === null || standardError === null) return null;
  const apart = (increase - random) / Math.hypot(standardError, randomSpread);
  if (!Number.isFinite(apart)) return null;
  if (apart >= 2) return 'The model misses it more than as many units taken at random.';
  return apart <= -2
    ? 'The model misses it less than as many units taken at random.'
    : 'As many units taken at random are missed about as much.';
}

/** Why nothing can be said about the chips of this grouping; null where something can. */
export function whyNot(
  effects: ChipEffects | null,
  { method, selection, k }: Clustering,
  model: Pick<ModelEntry, 'ablation'> | null | undefined,
  titles: { method: string; selection: string },
): string | null {
  if (!effects) return noAblation(model);
  if (effects.rows.length) return null;
  if (effects.largest === 0)
    return `Not measured for groups by ${titles.method || method} of words by ${titles.selection || selection}.`;
  return `Measured for up to ${effects.largest} chips; here are ${k}.`;
}

export function describeWithout(
  { name, words, effect }: WithoutRow,
  units: number,
  kind: ModelEntry['kind'],
): TooltipContent {
  const title: Segment[] = words.length ? [`${name}: `, ...corpusList(words)] : [name];
  const noun = kind === 'language model' ? ['guess', 'guesses'] : ['sentence', 'sentences'];
  return {
    title,
    lines: [
      [`Without the chip the loss ${moves(effect)} nats.`],
      effect.random === null
        ? []
        : [`Without ${group(units)}: ${effect.random < 0 ? '−' : ''}${amount(effect.random, effect.randomSpread)}.`],
      [
        `${count(effect.count)} ${effect.count === 1 ? noun[0] : noun[1]}${effect.standardError === null ? ', too few for a standard error' : ''}.`,
      ],
    ].filter((line) => line.length),
    hint: null,
  };
}

export function withoutTable(number: number, all: readonly WithoutGroup[]): Table {
  return {
    caption: `Without chip ${number}`,
    columns: [
      { name: 'text', about: 'The text on which the loss is compared' },
      { name: 'words', about: 'Words of the cloud that the chip answers to most', corpus: true },
      { name: 'count', about: 'Sentences, or guesses of a language model' },
      { name: 'increase', about: 'Increase of the loss without the chip, in nats', digits: 4 },
      { name: 'standard error', about: 'Its standard error', digits: 4 },
      { name: 'random', about: 'The same without random groups of as many units: their mean', digits: 4 },
      { name: 'random spread', about: 'Standard deviation among those groups', digits: 4 },
    ],
    rows: all.flatMap(({ rows }) =>
      rows.map(({ name, words, effect }) => [
        name,
        words.join(' '),
        effect.count,
        effect.increase,
        effect.standardError,
        effect.random,
        effect.randomSpread,
      ]),
    ),
  };
}
