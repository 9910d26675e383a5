import type { Chip, Chips } from '../model/chips';
import type { Tokens } from './colour';
import type { Surface } from './surface';

const APART = 7;

/** Slanting lines over a chip that is switched off. */
export function paintHatch(surface: Surface, { x, y, width, height }: Chip, theme: Tokens): void {
  const inset = 2;
  const [left, top, right, bottom] = [x + inset, y + inset, x + width - inset, y + height - inset];
  for (let from = left - (bottom - top); from < right; from += APART) {
    // From the lower left to the upper right, cut at the frame.
    const x1 = Math.max(left, from);
    const x2 = Math.min(right, from + (bottom - top));
    if (x2 > x1)
      surface.line(x1, bottom - (x1 - from), x2, bottom - (x2 - from), { stroke: theme.strongLine, strokeWidth: 1 });
  }
}

/** A line through the number of a chip that is switched off. */
export function strikeOut(surface: Surface, chip: Chip, chips: Chips, theme: Tokens): void {
  const y = (chips.inline ? chip.y + chip.height / 2 + 4 : chip.y + (chips.cell >= 16 ? 19 : 15)) - 4;
  const width = 4 + 7 * String(chip.group.number).length;
  surface.line(chip.x + 8, y, chip.x + 8 + width, y, { stroke: theme.ink, strokeWidth: 1.5 });
}
