import { BAND, halfSide, type Flow } from '../model/half';
import type { Scene } from '../model/scene';
import { measure } from '../model/text';
import type { Look } from './look';
import { paintSequence, paintSequenceHead } from './sequence';
import type { Surface } from './surface';

const FLOWING = 0.4;
const BEHIND = 0.12;
const NODE = 3;
/** Room of the axis over the rows of the decoder. */
const AXIS = 36;

/** The other one of an encoder and its decoder, the state that is handed over, and what stands over the decoder's rows. */
export function paintHalf(surface: Surface, scene: Scene, look: Look): void {
  const { half, columns } = scene;
  const column = columns.sequence;
  if (!half || !column) return;
  const quiet = { ...look, step: null, range: null, hover: null };
  paintSequence(surface, halfSide(scene), quiet, 'sequence-half');
  const clip = { x: 0, y: column.top, width: column.x + column.width, height: column.bottom - column.top };
  const top = half.top;
  const below = top + BAND * column.rowPitch;
  const lower = half.above ? scene : halfSide(scene);
  surface.group({ name: 'handed-over', clip }, () =>
    surface.group({ translate: [0, column.top - look.scroll.sequence] }, () => {
      paintFlows(surface, scene, look, top + 2, below - AXIS);
      paintBandName(surface, scene, look, (top + below - AXIS) / 2 + 5);
      const place = { ...lower.columns.sequence!, top: below - 2 };
      const shown = half.above ? look : quiet;
      paintSequenceHead(surface, { ...lower, columns: { ...lower.columns, sequence: place } }, shown);
    }),
  );
}

/** Ribbons from the chips of the encoder to those of the decoder: in front the widest, which carry half, or those of the chip under the pointer. */
function paintFlows(surface: Surface, { half }: Scene, look: Look, top: number, bottom: number): void {
  if (!half?.flows) return;
  const { theme, hover, held } = look;
  const chip = hover?.kind === 'chip' ? hover.cluster : !hover && held?.kind === 'chip' ? held.cluster : null;
  const own = (flow: Flow): number => (half.above ? flow.to : flow.from);
  const middle = (top + bottom) / 2;
  for (const flow of half.flows) {
    const opacity = chip === null ? (flow.strong ? FLOWING : BEHIND) : own(flow) === chip ? 1 : BEHIND;
    surface.path(
      `M${flow.x0.toFixed(2)} ${top + NODE}C${flow.x0.toFixed(2)} ${middle} ${flow.x1.toFixed(2)} ${middle} ${flow.x1.toFixed(2)} ${bottom - NODE}`,
      { stroke: theme.kept, strokeWidth: flow.width, opacity },
    );
  }
  for (const flow of half.flows) {
    surface.rect(flow.x0 - flow.width / 2, top, flow.width, NODE, { fill: theme.kept });
    surface.rect(flow.x1 - flow.width / 2, bottom - NODE, flow.width, NODE, { fill: theme.kept });
  }
}

/** What the band between the two is, in one line or two. */
function paintBandName(surface: Surface, { half, columns }: Scene, look: Look, middle: number): void {
  const { tokenRight, x } = columns.sequence!;
  const style = { family: 'interface', size: 12, fill: look.theme.ink3, align: 'right' } as const;
  const name = half!.flows ? 'handed over' : 'then said';
  const lines = measure(name, 'interface', 12).width <= tokenRight - x ? [name] : name.split(' ');
  lines.forEach((line, i) => surface.text(tokenRight, middle + (i - (lines.length - 1) / 2) * 14, line, style));
}
