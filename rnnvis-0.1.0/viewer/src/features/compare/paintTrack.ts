import type { CompareScene } from '../../model/compareScene';
import { along, trackPath } from '../../model/track';
import type { Surface } from '../../paint/surface';
import { fixed } from '../../wording/format';
import type { Look } from '../../paint/look';
import { paintTrackFrame } from '../../paint/sequence';

/** The mark of a side: a disc for A, a square for B. */
export function paintMark(
  surface: Surface,
  side: 'a' | 'b',
  x: number,
  y: number,
  size: number,
  look: Pick<Look, 'theme'>,
): void {
  const { theme } = look;
  if (side === 'a') surface.circle(x, y, size, { fill: theme.ink });
  else
    surface.rect(x - size, y - size, 2 * size, 2 * size, {
      fill: theme.background,
      stroke: theme.ink2,
      strokeWidth: 1.5,
    });
}

/** Both probabilities after every word: A as a line with discs, B dashed with squares. */
export function paintTracks(surface: Surface, scene: CompareScene, look: Look): void {
  const { track, rowPitch } = scene.columns;
  const rows = scene.a.sequence?.rows ?? [];
  if (!track || !rows.length) return;
  const { theme } = look;
  const range = scene.a.sequence?.trackRange ?? [0, 1];
  const at = (value: number): number => track.x + along(value, range) * track.width;
  paintTrackFrame(surface, track, 0, rowPitch * rows.length - rowPitch * 0.2, theme);
  const lines = (['b', 'a'] as const).map((side) => ({
    side,
    rows: (scene[side].sequence?.rows ?? []).filter((row) => row.p !== null),
  }));
  for (const { side, rows: drawn } of lines) {
    if (drawn.length < 2 || !scene[side].sequence!.trackMoves) continue;
    const points = drawn.map((row) => [at(row.p!), row.y] as const);
    surface.path(trackPath(points), {
      stroke: side === 'a' ? theme.ink : theme.ink2,
      strokeWidth: side === 'a' ? 1.8 : 1.4,
      lineJoin: 'round',
      ...(side === 'b' ? { dash: [3.5, 3] } : {}),
    });
  }
  for (const { side, rows: drawn } of lines)
    for (const row of drawn) paintMark(surface, side, at(row.p!), row.y, side === 'a' ? 3.5 : 3, look);
  const hovered = look.hover?.kind === 'step' ? look.hover.step : null;
  for (const row of rows) {
    const last = row.step === rows.length - 1;
    if (last || row.step === hovered || row.step === look.step) paintNumbers(surface, scene, row.step, look);
  }
}

/** Both numbers under their marks, A's first where they are close. */
function paintNumbers(surface: Surface, scene: CompareScene, step: number, look: Look): void {
  const { theme } = look;
  const track = scene.columns.track!;
  const half = 16;
  const marks = (['a', 'b'] as const)
    .map((side) => ({ side, row: scene[side].sequence?.rows[step] }))
    .filter(({ row }) => row !== undefined && row.p !== null)
    .map(({ side, row }) => ({
      side,
      p: row!.p!,
      x: track.x + along(row!.p!, scene[side].sequence!.trackRange) * track.width,
      y: row!.y,
    }))
    .sort((one, other) => one.x - other.x || (one.side === 'a' ? -1 : 1));
  const [left, right] = marks;
  if (left && right && right.x - left.x < 2 * half + 2) {
    const middle = (left.x + right.x) / 2;
    left.x = middle - half - 1;
    right.x = middle + half + 1;
  }
  for (const { side, p, x, y } of marks) {
    surface.text(x, y + 18, fixed(p, 2), {
      family: 'interface',
      size: 11,
      weight: side === 'a' ? 700 : 400,
      fill: side === 'a' ? theme.ink : theme.ink2,
      align: 'center',
      tabular: true,
      halo: theme.background,
    });
  }
}
