import { halfSide } from '../../model/half';
import type { Scene } from '../../model/scene';
import { fixed } from '../../wording/format';
import { sequenceTable, type TwinTable } from './tables';

/** What the other one of an encoder and its decoder draws, and the state that is handed over, from chips to chips. */
export function halfTables(scene: Scene): TwinTable[] {
  const { half } = scene;
  if (!half) return [];
  const rows = sequenceTable(
    { ...halfSide(scene), pushed: false },
    `Sequence that was ${half.above ? 'read' : 'said'}`,
  );
  const [read, said] = half.above ? [half.numbers, scene.numbers] : [scene.numbers, half.numbers];
  return [
    rows,
    {
      title: 'Sequence: the state that is handed over, by the units that two chips share',
      head: ['chip of what was read', 'chip of what was said', 'units', 'sum of |state|'],
      rows: (half.flows ?? []).map(({ from, to, units, amount }) => [
        String(read.get(from)),
        String(said.get(to)),
        String(units),
        fixed(amount, 4),
      ]),
    },
  ];
}
