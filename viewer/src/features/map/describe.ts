import type { UnitRow } from '../../data/types';
import type { Explorer } from '../../state/explorer.svelte';
import { answerWords } from '../../wording/answer';
import { percent, signed, uses } from '../../wording/format';
import { speechLine } from '../../wording/describe';
import { corpus, corpusList, type Segment, type TooltipContent } from '../../wording/tip';
import type { Table } from '../../model/csv';
import type { Facts } from './mapData';
import type { MapPoint } from './plane';

/** What the mark of a word says. */
export function wordTip(point: MapPoint, facts: Facts): TooltipContent {
  const lines: Segment[][] = [[`${uses(facts.vocabulary.count[point.id] ?? 0)} in the training text.`]];
  const part = speechLine(facts.vocabulary, point.id);
  if (part) lines.push([part]);
  const effect = facts.effects?.(point.id) ?? null;
  if (effect !== null) lines.push([`Effect on the answer ${signed(effect)}.`]);
  return {
    title: [corpus(point.name), point.number === null ? ', not in this grouping' : `, in words ${point.number}`],
    lines,
    hint: point.selected >= 0 ? 'Click to deselect' : 'Click to select',
  };
}

/** What the mark of a unit says. */
export function unitTip(point: MapPoint, facts: Facts, row: UnitRow | undefined): TooltipContent {
  const lines: Segment[][] = [];
  const words = (ids: Int32Array): string[] => Array.from(ids.subarray(0, 3), (id) => facts.vocabulary.text[id] ?? '');
  if (row?.topWords.length) lines.push(['Raised most by ', ...corpusList(words(row.topWords)), '.']);
  if (row?.bottomWords.length) lines.push(['Lowered most by ', ...corpusList(words(row.bottomWords)), '.']);
  if (row && row.outputWeight !== null) lines.push([`Weight to the output ${signed(row.outputWeight)}.`]);
  return {
    title: [`Unit ${point.id}${point.number === null ? '' : `, in chip ${point.number}`}`],
    lines,
    hint: point.selected >= 0 ? 'Click to deselect' : 'Click to select',
  };
}

/** `Axis 1: 39 % of the variance`. */
export function axisName(axis: number, share: number | null): string {
  return share === null ? `Axis ${axis}` : `Axis ${axis}: ${percent(share)} of the variance`;
}

/** The marks of a map as a table. */
export function mapTable(kind: 'unit' | 'word', points: readonly MapPoint[], facts: Facts): Table {
  const rows = new Map(facts.units.map((row) => [row.unit, row]));
  const { speech, count } = facts.vocabulary;
  const place = [
    { name: 'x', about: 'Across', digits: 3 },
    { name: 'y', about: 'Upwards', digits: 3 },
  ];
  if (kind === 'unit') {
    return {
      caption: 'Units',
      columns: [
        { name: 'unit', about: 'Unit number' },
        { name: 'chip', about: 'Drawn number of its memory chip' },
        ...place,
        { name: 'weight to the output', about: 'Log-odds for one unit of state', digits: 3 },
      ],
      rows: points.map((point) => [point.id, point.number, point.x, point.y, rows.get(point.id)?.outputWeight ?? null]),
    };
  }
  return {
    caption: 'Words',
    columns: [
      { name: 'word', about: 'The word', corpus: true },
      { name: 'words', about: 'Drawn number of its cloud' },
      ...place,
      { name: 'uses', about: 'Uses in the training text' },
      { name: 'part of speech', about: 'Part of speech of most of its uses' },
      { name: 'share', about: 'Share of its uses with that part of speech', digits: 2 },
      { name: 'effect', about: 'Effect on the answer, of two classes in log-odds', digits: 3 },
    ],
    rows: points.map((point) => [
      point.name,
      point.number,
      point.x,
      point.y,
      count[point.id] ?? null,
      speech?.part[point.id] ?? null,
      speech?.share[point.id] ?? null,
      facts.effects?.(point.id) ?? null,
    ]),
  };
}

/** What both ends of the colours of an effect are. */
export function endsOf({ model, followed }: Pick<Explorer, 'model' | 'followed'>): { low: string; high: string } {
  const classes = model?.classes ?? [];
  const low =
    classes.length === 2 ? `towards ${classes[0]}` : classes.length ? 'towards the others' : 'lowers the answer';
  return { low, high: answerWords(model, followed).rising };
}
