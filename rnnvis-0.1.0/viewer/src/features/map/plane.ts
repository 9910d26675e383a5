import { measure, type FontFamily } from '../../model/text';
import { CLOSEST, type Zoom } from '../../state/mapView';

export interface Size {
  width: number;
  height: number;
}

/** A mark of the map, in the coordinates of its method. */
export interface MapPoint {
  /** Unit or word number. */
  id: number;
  name: string;
  x: number;
  y: number;
  colour: string;
  /** Drawn as a ring: not in the present grouping, or without the measure that colours the others. */
  hollow: boolean;
  /** Drawn number of its chip or cloud; null where it was not clustered. */
  number: number | null;
  /** Place among the selected ones, −1 for none. */
  selected: number;
  /** Labels of weightier marks come first. */
  weight: number;
}

/** The same scale on both axes, so that distances can be compared; y points up. */
export interface Plane extends Size {
  /** Coordinates in the middle, and pixels for one unit of them. */
  middle: { x: number; y: number };
  perUnit: number;
}

const PAD = 34;

/** All points in the frame, enlarged about a point where `zoom` says so. */
export function planeOf(points: readonly { x: number; y: number }[], size: Size, zoom: Zoom | null): Plane {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  if (!points.length) [left, right, low, high] = [-1, 1, -1, 1];
  const whole = Math.min((size.width - 2 * PAD) / (right - left || 1), (size.height - 2 * PAD) / (high - low || 1));
  return {
    ...size,
    middle: zoom ? { x: zoom.x, y: zoom.y } : { x: (left + right) / 2, y: (low + high) / 2 },
    perUnit: Math.max(whole, 1e-6) * (zoom?.scale ?? 1),
  };
}

export function across(plane: Plane, x: number): number {
  return plane.width / 2 + (x - plane.middle.x) * plane.perUnit;
}

export function down(plane: Plane, y: number): number {
  return plane.height / 2 - (y - plane.middle.y) * plane.perUnit;
}

/** The zoom after enlarging by `factor` about a pixel, which stays where it is; null where nothing is left of it. */
export function zoomed(plane: Plane, zoom: Zoom | null, factor: number, at: { x: number; y: number }): Zoom | null {
  const before = zoom?.scale ?? 1;
  const scale = Math.min(CLOSEST, Math.max(1, before * factor));
  if (scale <= 1.001) return null;
  const away = 1 - before / scale;
  return {
    x: plane.middle.x + ((at.x - plane.width / 2) / plane.perUnit) * away,
    y: plane.middle.y - ((at.y - plane.height / 2) / plane.perUnit) * away,
    scale,
  };
}

/** The zoom after moving the picture by so many pixels. */
export function moved(plane: Plane, zoom: Zoom | null, dx: number, dy: number): Zoom {
  return { x: plane.middle.x - dx / plane.perUnit, y: plane.middle.y + dy / plane.perUnit, scale: zoom?.scale ?? 1 };
}

export interface Label {
  index: number;
  x: number;
  y: number;
  width: number;
}

export const LABEL = 13;
const ABOVE = 11;
const BELOW = 4;
const CELL = 64;

type Box = [number, number, number, number];

class Taken {
  private readonly cells = new Map<string, Box[]>();

  private around(box: Box): string[] {
    const keys: string[] = [];
    for (let i = Math.floor(box[0] / CELL); i <= Math.floor(box[2] / CELL); i += 1) {
      for (let j = Math.floor(box[1] / CELL); j <= Math.floor(box[3] / CELL); j += 1) keys.push(`${i} ${j}`);
    }
    return keys;
  }

  /** How many of the taken boxes this one touches. */
  touched(box: Box): number {
    const found = new Set(this.around(box).flatMap((key) => this.cells.get(key) ?? []));
    return [...found].filter((b) => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3]).length;
  }

  take(box: Box): void {
    for (const key of this.around(box)) this.cells.set(key, [...(this.cells.get(key) ?? []), box]);
  }
}

/** Radius of the badge with a group's number. */
export const BADGE = 11;

function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Badges that cover each other move apart, along the line between them. */
function apart<T extends { x: number; y: number }>(badges: T[]): T[] {
  const least = 2 * BADGE + 3;
  for (let round = 0; round < 20; round++) {
    for (const [i, one] of badges.entries()) {
      for (const other of badges.slice(i + 1)) {
        const [dx, dy] = [other.x - one.x, other.y - one.y];
        const away = Math.hypot(dx, dy);
        if (away >= least) continue;
        const [ux, uy] = away > 0 ? [dx / away, dy / away] : [1, 0];
        const push = (least - away) / 2;
        one.x -= ux * push;
        one.y -= uy * push;
        other.x += ux * push;
        other.y += uy * push;
      }
    }
  }
  return badges;
}

/** The middle of every group, in pixels. */
export function middles(points: readonly MapPoint[], plane: Plane): { number: number; x: number; y: number }[] {
  const groups = new Map<number, MapPoint[]>();
  for (const point of points)
    if (point.number !== null) groups.set(point.number, [...(groups.get(point.number) ?? []), point]);
  const found = [...groups].map(([number, members]) => ({
    number,
    x: across(plane, median(members.map(({ x }) => x))),
    y: down(plane, median(members.map(({ y }) => y))),
  }));
  return apart(found);
}

/** Marks that a label may cover: in a crowd, most marks stay without a label, so that the crowd itself can be seen. */
const COVERED = 2;

/** Labels that cover neither each other nor a badge, and few marks, weightiest first; selected marks always have theirs. */
export function labelsOf(
  points: readonly MapPoint[],
  plane: Plane,
  family: FontFamily,
  radius: number,
  badges: readonly { x: number; y: number }[] = [],
): Label[] {
  const shown = points
    .map((point, index) => ({ point, index, x: across(plane, point.x), y: down(plane, point.y) }))
    .filter(({ x, y }) => x >= 0 && y >= 0 && x <= plane.width && y <= plane.height)
    .sort(
      (a, b) =>
        Number(b.point.selected >= 0) - Number(a.point.selected >= 0) ||
        b.point.weight - a.point.weight ||
        a.point.id - b.point.id,
    );
  const taken = new Taken();
  for (const { x, y } of badges) taken.take([x - BADGE, y - BADGE, x + BADGE, y + BADGE]);
  const marks = new Taken();
  for (const { x, y } of shown) marks.take([x - radius, y - radius, x + radius, y + radius]);
  const found: Label[] = [];
  const gap = radius + 4;
  for (const { point, index, x, y } of shown) {
    const { width } = measure(point.name, family, LABEL, 500);
    const places = [
      { x: x + gap, y: y + 4 },
      { x: x - gap - width, y: y + 4 },
      { x: x - width / 2, y: y - gap - 2 },
      { x: x - width / 2, y: y + gap + ABOVE - 1 },
    ];
    const free = places
      .filter((place) => {
        const inside =
          place.x >= 2 && place.x + width <= plane.width - 2 && place.y > ABOVE + 2 && place.y < plane.height - BELOW;
        return (
          inside && taken.touched([place.x - 4, place.y - ABOVE - 2, place.x + width + 4, place.y + BELOW + 2]) === 0
        );
      })
      .map((place) => ({
        ...place,
        covered: marks.touched([place.x, place.y - ABOVE + 2, place.x + width, place.y + BELOW - 2]),
      }))
      .sort((a, b) => a.covered - b.covered);
    const best = free[0];
    const place =
      best && (best.covered <= COVERED || point.selected >= 0)
        ? { x: best.x, y: best.y }
        : point.selected >= 0
          ? places[0]!
          : null;
    if (!place) continue;
    taken.take([place.x - 4, place.y - ABOVE - 2, place.x + width + 4, place.y + BELOW + 2]);
    found.push({ index, ...place, width });
  }
  return found;
}

const REACH = 12;

/** The mark nearest to a pixel, not farther than a finger’s tip; a label counts as its mark. */
export function markAt(
  points: readonly MapPoint[],
  labels: readonly Label[],
  plane: Plane,
  x: number,
  y: number,
): number | null {
  let best: number | null = null;
  let least = REACH;
  points.forEach((point, i) => {
    const away = Math.hypot(across(plane, point.x) - x, down(plane, point.y) - y);
    if (away < least) [best, least] = [i, away];
  });
  if (best !== null) return best;
  return (
    labels.find(
      (label) => x >= label.x - 3 && x <= label.x + label.width + 3 && y >= label.y - ABOVE && y <= label.y + BELOW,
    )?.index ?? null
  );
}

/** The next mark from `from` towards a side of the frame; the weightiest one without `from`. */
export function markTowards(
  points: readonly MapPoint[],
  from: number | null,
  side: { x: number; y: number },
): number | null {
  if (!points.length) return null;
  const start = from === null ? undefined : points[from];
  if (!start) return points.reduce((best, point, i) => (point.weight > points[best]!.weight ? i : best), 0);
  let best: number | null = null;
  let least = Infinity;
  points.forEach((point, i) => {
    const ahead = (point.x - start.x) * side.x + (point.y - start.y) * side.y;
    const aside = Math.abs((point.x - start.x) * side.y - (point.y - start.y) * side.x);
    const cost = ahead + 2 * aside;
    if (i !== from && ahead > 0 && aside <= 2 * ahead && cost < least) [best, least] = [i, cost];
  });
  return best ?? from;
}
