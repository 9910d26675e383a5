import { clusterColour, type Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { measure } from '../../model/text';
import { across, BADGE, down, LABEL, type Label, type MapPoint, type Plane } from './plane';

export interface MapPicture {
  points: readonly MapPoint[];
  labels: readonly Label[];
  plane: Plane;
  kind: 'unit' | 'word';
  /** Names of the axes; null where they mean nothing. */
  axes: { x: string; y: string } | null;
  /** The number of each group, in its middle. */
  badges: readonly { number: number; x: number; y: number }[];
}

export const RADIUS = { unit: 5, word: 3.2 } as const;

function paintAxes(surface: Surface, { plane, axes }: MapPicture, theme: Tokens): void {
  if (!axes) return;
  const [x, y] = [Math.round(across(plane, 0)) + 0.5, Math.round(down(plane, 0)) + 0.5];
  surface.line(0, y, plane.width, y, { stroke: theme.line });
  surface.line(x, 0, x, plane.height, { stroke: theme.line });
  const style = { family: 'interface', size: 11, fill: theme.ink3, halo: theme.surface } as const;
  surface.text(plane.width - 8, plane.height - 8, axes.x, { ...style, align: 'right' });
  surface.text(8, 16, axes.y, style);
}

function paintMark(surface: Surface, point: MapPoint, picture: MapPicture, theme: Tokens, title?: string): void {
  const [x, y] = [across(picture.plane, point.x), down(picture.plane, point.y)];
  const radius = RADIUS[picture.kind];
  if (x < -radius || y < -radius || x > picture.plane.width + radius || y > picture.plane.height + radius) return;
  const said = title === undefined ? {} : { title };
  if (point.selected >= 0)
    surface.circle(x, y, radius + 2, {
      fill: theme.selected[point.selected]!,
      stroke: theme.surface,
      strokeWidth: 1.5,
      ...said,
    });
  else if (point.hollow)
    surface.circle(x, y, radius - 0.6, { fill: theme.surface, stroke: theme.grey, strokeWidth: 1.2, ...said });
  else surface.circle(x, y, radius, { fill: point.colour, stroke: theme.surface, strokeWidth: 0.8, ...said });
}

function paintLabel(surface: Surface, label: Label, picture: MapPicture, theme: Tokens): void {
  const point = picture.points[label.index]!;
  const family = picture.kind === 'word' ? 'corpus' : 'interface';
  if (point.selected >= 0) {
    surface.roundRect(label.x - 5, label.y - 14, label.width + 10, 20, 5, { fill: theme.selected[point.selected]! });
    surface.text(label.x, label.y, point.name, { family, size: LABEL, weight: 500, fill: theme.onSelected });
    return;
  }
  surface.text(label.x, label.y, point.name, {
    family,
    size: LABEL,
    weight: 500,
    fill: point.hollow ? theme.ink3 : theme.ink2,
    halo: theme.surface,
  });
}

/** Marks of the whole map, with their labels; `titles` puts the name of each mark into a saved drawing. */
export function paintMap(surface: Surface, picture: MapPicture, theme: Tokens, titles = false): void {
  const { points, labels, plane } = picture;
  surface.group({ clip: { x: 0, y: 0, width: plane.width, height: plane.height } }, () => {
    surface.rect(0, 0, plane.width, plane.height, { fill: theme.surface });
    paintAxes(surface, picture, theme);
    const order = [...points].sort((a, b) => a.selected - b.selected || Number(b.hollow) - Number(a.hollow));
    for (const point of order) paintMark(surface, point, picture, theme, titles ? point.name : undefined);
    for (const { number, x, y } of picture.badges) {
      const colour = clusterColour(number - 1, theme);
      surface.circle(x, y, BADGE, { fill: theme.surface, stroke: colour, strokeWidth: 2 });
      surface.text(x, y + 4, String(number), {
        family: 'interface',
        size: 12,
        weight: 700,
        align: 'center',
        fill: colour,
      });
    }
    for (const label of [...labels].reverse()) paintLabel(surface, label, picture, theme);
  });
}

/** The mark under the pointer or the keyboard, over the map. */
export function paintActive(surface: Surface, index: number, picture: MapPicture, theme: Tokens): void {
  const point = picture.points[index];
  if (!point) return;
  const [x, y] = [across(picture.plane, point.x), down(picture.plane, point.y)];
  const radius = RADIUS[picture.kind];
  surface.circle(x, y, radius + 1, {
    fill: point.selected >= 0 ? theme.selected[point.selected]! : point.hollow ? theme.surface : point.colour,
  });
  surface.circle(x, y, radius + 3.5, { stroke: theme.ink, strokeWidth: 2 });
  if (picture.labels.some((label) => label.index === index)) return;
  const family = picture.kind === 'word' ? 'corpus' : 'interface';
  const { width } = measure(point.name, family, LABEL, 600);
  const left = x + radius + 8 + width < picture.plane.width ? x + radius + 8 : x - radius - 8 - width;
  surface.text(left, y + 4, point.name, { family, size: LABEL, weight: 600, fill: theme.ink, halo: theme.surface });
}
