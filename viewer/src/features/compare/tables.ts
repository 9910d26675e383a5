import type { CompareScene } from '../../model/compareScene';
import type { PictureData } from '../../model/pictureData';
import { matchOf } from '../../model/matching';
import type { Side } from '../../state/side.svelte';
import { fixed, signed } from '../../wording/format';
import { linksTable, memoryTable, sequenceTable, wordsTable, type TwinTable } from '../../ui/board/tables';
import type { MeasureColumn } from './measures';

/** Which chip of B answers to which of A. */
function matchesTable(scene: CompareScene, side: Side): TwinTable | null {
  const clusters = side.matches?.clusters;
  if (!clusters) return null;
  const what = scene.a.pushed ? 'push' : 'mean change';
  return {
    title: 'Matches: chips of B that answer to the chips of A',
    head: ['chip of A', what, 'chip of B', what, 'match'],
    rows: (scene.a.chips?.list ?? []).map((chip) => {
      const match = matchOf(clusters, chip.group.cluster);
      const partner = match && scene.b.chips?.list.find(({ group }) => group.cluster === match.partner);
      return [
        String(chip.group.number),
        signed(chip.amount, 4),
        partner ? String(partner.group.number) : 'none',
        partner ? signed(partner.amount, 4) : '',
        match ? fixed(match.strength, 4) : '',
      ];
    }),
  };
}

/** Everything that is drawn as rows and columns, A before B. */
export function compareTables(
  scene: CompareScene,
  data: { a: PictureData; b: PictureData },
  side: Side,
  names: { a: string; b: string },
): TwinTable[] {
  const of = (name: 'a' | 'b'): TwinTable[] =>
    [
      sequenceTable(scene[name]),
      memoryTable(scene[name], side.explorer.colouring.labelOf(side.pushed)),
      wordsTable(scene[name]),
      linksTable(scene[name], data[name]),
    ]
      .filter((table) => table.rows.length)
      .map((table) => ({ ...table, title: `${name.toUpperCase()}, ${names[name]} – ${table.title}` }));
  const matches = matchesTable(scene, side);
  return [...(matches ? [matches] : []), ...of('a'), ...of('b')];
}

export function measuresTable(columns: readonly MeasureColumn[], names: { a: string; b: string }): TwinTable {
  const text = (value: number | null): string => (value === null ? '' : String(value));
  return {
    title: 'Measures',
    head: ['measure', `A: ${names.a}`, `B: ${names.b}`],
    rows: columns.map((column) => [column.title, text(column.a), text(column.b)]),
  };
}
