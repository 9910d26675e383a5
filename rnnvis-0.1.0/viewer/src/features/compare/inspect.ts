import type { CompareScene } from '../../model/compareScene';
import type { Side } from '../../state/side.svelte';
import { inspect, type Inspection } from '../../ui/board/inspect';
import type { Look } from '../../paint/look';
import { strengthsOf } from './data';

export interface CompareInspection {
  layout: 'mirror' | 'overlay';
  a: Inspection;
  b: Inspection;
  /** What is lit on either side. */
  hovers: { a: Look['hover']; b: Look['hover'] };
  /** By unit cluster of B: strength of its match, and what its chip says. */
  matches: { cluster: number; strength: number; label: string }[];
}

/** What was drawn, in numbers: tests compare it with the published data. */
export function inspectCompare(scene: CompareScene, looks: Record<'a' | 'b', Look>, side: Side): CompareInspection {
  return {
    layout: scene.columns.layout,
    a: inspect(scene.a, looks.a),
    b: inspect(scene.b, looks.b),
    hovers: { a: looks.a.hover, b: looks.b.hover },
    matches: [...strengthsOf(side)].map(([cluster, strength]) => ({
      cluster,
      strength,
      label: looks.b.chipNotes?.get(cluster)?.text ?? '',
    })),
  };
}
