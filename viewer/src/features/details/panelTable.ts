import { change } from '../../model/sequence';
import type { Cell, Table } from '../../model/csv';
import type { ComparedWord, PinnedEvidence } from '../../data/evidence';
import { descending } from '../../model/order';
import { wordInputs } from '../../model/wordsChart';

type Column = Table['columns'][number] & { of: (unit: number) => Cell };

function wordColumns(name: string, { response, quantiles }: Pick<ComparedWord, 'response' | 'quantiles'>): Column[] {
  if (!response) return [];
  const { mean, standardError } = response;
  const columns: Column[] = [
    {
      name: `${name} mean`,
      about: `Usual change at “${name}”: mean over its ${response.count} uses`,
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

/** Everything that the panel draws, one row a unit, in the order of the first picture. */
export function panelTable(
  pinned: PinnedEvidence | null,
  pinnedWord: string,
  compared: readonly ComparedWord[],
  chips: Map<number, number>,
  second: PinnedEvidence | null = null,
): Table {
  const actual = pinned?.sequence ? change(pinned.sequence, pinned.step) : null;
  const columns: Column[] = [
    { name: 'unit', about: 'Unit number', of: (unit) => unit },
    { name: 'chip', about: 'Number of the chip that holds the unit', of: (unit) => chips.get(unit) ?? null },
  ];
  if (actual)
    columns.push({
      name: 'this step',
      about: 'Change of the unit at the pinned step',
      digits: 4,
      of: (unit) => actual[unit]!,
    });
  const other = second?.sequence ? change(second.sequence, second.step) : null;
  if (actual && other) {
    columns.push({
      name: 'step of sentence 2',
      about: 'Change of the unit at the pinned step of the second sentence',
      digits: 4,
      of: (unit) => other[unit]!,
    });
    columns.push({
      name: 'difference',
      about: 'Change in sentence 1 minus change in sentence 2',
      digits: 4,
      of: (unit) => actual[unit]! - other[unit]!,
    });
  }
  const shown = new Set<string>();
  if (pinned && actual) {
    columns.push(...wordColumns(pinnedWord, pinned));
    shown.add(pinnedWord);
  }
  for (const word of compared) if (!shown.has(word.text)) columns.push(...wordColumns(word.text, word));
  const first = (actual && (pinned?.response?.mean ?? actual)) ?? wordInputs(compared)[0]?.response.mean ?? [];
  const words = wordInputs(compared).map((word) => `“${word.text}”`);
  return {
    caption: [
      actual ? `This step against the usual “${pinnedWord}”` : '',
      words.length ? `usual change at ${words.join(', ')}` : '',
    ]
      .filter(Boolean)
      .join('; '),
    columns: columns.map(({ of: _, ...column }) => column),
    rows: Array.from(descending(first), (unit) => columns.map((column) => column.of(unit))),
  };
}
