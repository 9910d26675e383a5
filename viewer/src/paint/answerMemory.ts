import { arc } from '../model/attention';
import { shownParts } from '../model/answerMemory';
import type { SequenceColumn } from '../model/layout';
import type { SequenceScene } from '../model/sequenceScene';
import type { Tokens } from './colour';
import type { Look } from './look';
import type { Surface } from './surface';

const WIDEST = 8;
/** Parts below this share of the largest are not drawn as arcs. */
const FAINTEST = 0.02;

/** Width of the arc of a part, in pixels. */
export function arcWidth(part: number, largest: number): number {
  return largest > 0 ? Math.max(0.75, (Math.abs(part) / largest) * WIDEST) : 0;
}

/** Arcs from the step whose answer is taken apart to the words that are in it: wider for more, coloured by sign. */
export function paintAnswerMemory(
  surface: Surface,
  { rows, memory }: SequenceScene,
  column: SequenceColumn,
  look: Look,
): void {
  const { attention: place } = column;
  const shown = shownParts(memory, look.step);
  const source = shown && rows[shown.step];
  if (!place || !memory || !shown || !source) return;
  const { theme } = look;
  const over = look.hover?.kind === 'step' && look.hover.step !== shown.step ? look.hover.step : null;
  for (const row of rows) {
    const part = shown.part[row.step] ?? 0;
    if (!(Math.abs(part) >= FAINTEST * memory.largest) || part === 0) continue;
    const colour = (part > 0 ? theme.positive : theme.negative).mark;
    const width = arcWidth(part, memory.largest);
    if (row.step === shown.step) {
      surface.circle(place.x, row.y, 1.5 + width / 2, { fill: colour });
      continue;
    }
    const reach = place.width * (0.5 + 0.5 * Math.min(1, Math.abs(row.step - shown.step) / 6)) * (4 / 3) - 4;
    surface.path(arc(place.x, source.y, row.y, reach), {
      stroke: colour,
      strokeWidth: width,
      opacity: over === null ? 0.75 : over === row.step ? 1 : 0.2,
    });
  }
}

/** The name of the column above it. */
export function paintAnswerMemoryHead(
  surface: Surface,
  { memory }: SequenceScene,
  column: SequenceColumn,
  y: number,
  theme: Tokens,
): void {
  if (!column.attention || !memory) return;
  surface.text(column.attention.x - 2, y, 'in answer', { family: 'interface', size: 12, fill: theme.ink3 });
}
