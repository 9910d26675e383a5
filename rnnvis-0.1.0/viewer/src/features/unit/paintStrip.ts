import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';

export const STRIP_HEIGHT = 16;
const MARGIN = 5;

/** Position of a share 0…1 on a strip of this width. */
export function stripX(share: number, width: number): number {
  return MARGIN + share * (width - 2 * MARGIN);
}

/** All units as pale dots on one line, one of them dark. */
export function paintStrip(
  surface: Surface,
  at: ArrayLike<number>,
  active: number,
  pointed: number | null,
  width: number,
  theme: Tokens,
): void {
  const y = STRIP_HEIGHT / 2;
  surface.line(0, y, width, y, { stroke: theme.line });
  for (let i = 0; i < at.length; i += 1) {
    if (i !== active && Number.isFinite(at[i]))
      surface.circle(stripX(at[i]!, width), y, 3, { fill: theme.grey, opacity: 0.65 });
  }
  if (Number.isFinite(at[active])) {
    surface.circle(stripX(at[active]!, width), y, 5.5, { fill: theme.background });
    surface.circle(stripX(at[active]!, width), y, 4.2, { fill: theme.ink });
  }
  if (pointed !== null && Number.isFinite(at[pointed])) {
    surface.circle(stripX(at[pointed]!, width), y, 6, { stroke: theme.ink, strokeWidth: 1.5 });
  }
}
