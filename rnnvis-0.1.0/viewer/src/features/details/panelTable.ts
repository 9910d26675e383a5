import { weighted, weightedWord } from '../../model/push';
import { change } from '../../model/sequence';
import type { Cell, Table } from '../../model/csv';
import type { ComparedWord, PinnedEvidence } from '../../data/evidence';
import { descending } from '../../model/order';
import { wordInputs } from '../../model/wordsChart';

type Column = Table['columns'][number] & { of: (unit: number) => Cell };

function wordColumns(
  name: string,
  { response, quantiles }: Pick<ComparedWord, 'response' | 'quantiles'>,
  shown: string,
): Column[] {
  if (!response) return [];
  const { mean, standardError } = response;
  const columns: Column[] = [
    {
      name: `${name} mean`,
      about: `Usual ${shown} at “${name}”: mean over its ${response.count} uses`,
      digits: 4,
      of: (unit) => mean[unit]!,
    },
  ];
  if (standardError)
    columns.push({
      name: `${name} standard error`,
      about: 'Standard error of that mean',
      digits: 4,
      of: (unit) => standardError[unit]!,
    });
  for (const q of quantiles ? (['q09', 'q25', 'q50', 'q75', 'q91'] as const) : [])
    columns.push({
      name: `${name}, ${Number(q.slice(1))} % of uses below`,
      about: `Change below which ${Number(q.slice(1))} % of the uses lie`,
      digits: 4,
      of: (unit) => quantiles![q][unit]!,
    });
  return columns;
}

/** Everything that the panel draws, one row a unit, in the order of the first picture: changes or, with `weights`, pushes. */
export function panelTable(
  evidence: PinnedEvidence | null,
  pinnedWord: string,
  words: readonly ComparedWord[],
  chips: Map<number, number>,
  second: PinnedEvidence | null = null,
  weights: Float32Array | null = null,
): Table {
  const what = weights ? 'push' : 'change';
  const title = weights ? 'Push' : 'Change';
  const moved = (of: PinnedEvidence | null): Float32Array | null => {
    const found = of?.sequence ? change(of.sequence, of.step) : null;
    return found && weights ? weighted(found, weights) : found;
  };
  const pinned = evidence && weights ? weightedWord(evidence, weights) : evidence;
  const compared = weights ? words.map((word) => weightedWord(word, weights)) : words;
  const actual = moved(pinned);
  const columns: Column[] = [
    { name: 'unit', about: 'Unit number', of: (unit) => unit },
    { name: 'chip', about: 'Number of the chip that holds the unit', of: (unit) => chips.get(unit) ?? null },
  ];
  if (actual)
    columns.push({
      name: 'this step',
      about: `${title} of the unit at the pinned step`,
      digits: 4,
      of: (unit) => actual[unit]!,
    });
  const other = moved(second);
  if (actual && other) {
    columns.push({
      name: 'step of sentence 2',
      about: `${title} of the unit at the pinned step of the second sentence`,
      digits: 4,
      of: (unit) => other[unit]!,
    });
    columns.push({
      name: 'difference',
      about: `${title} in sentence 1 minus ${what} in sentence 2`,
      digits: 4,
      of: (unit) => actual[unit]! - other[unit]!,
    });
  }
  const shown = new Set<string>();
  if (pinned && actual) {
    columns.push(...wordColumns(pinnedWord, pinned, what));
    shown.add(pinnedWord);
  }
  for (const word of compared) if (!shown.has(word.text)) columns.push(...wordColumns(word.text, word, what));
  const first = (actual && (pinned?.response?.mean ?? actual)) ?? wordInputs(compared)[0]?.response.mean ?? [];
  const named = wordInputs(compared).map((word) => `“${word.text}”`);
  return {
    caption: [
      actual ? `This step against the usual “${pinnedWord}”` : '',
      named.length ? `usual ${what} at ${named.join(', ')}` : '',
    ]
      .filter(Boolean)
      .join('; '),
    columns: columns.map(({ of: _, ...column }) => column),
    rows: Array.from(descending(first), (unit) => columns.map((column) => column.of(unit))),
  };
}
