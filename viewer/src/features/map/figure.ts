import { measure } from '../../model/text';
import type { Tokens } from '../../paint/colour';
import type { Drawing } from '../../paint/drawing';
import { speechLegend } from '../../paint/speech';
import type { Surface } from '../../paint/surface';
import type { MapColour, Zoom } from '../../state/mapView';
import { paintMap, RADIUS, type MapPicture } from './paintMap';
import { labelsOf, middles, planeOf, type MapPoint } from './plane';

/** One map of the page. */
export interface Pane {
  kind: 'unit' | 'word';
  points: MapPoint[];
  axes: MapPicture['axes'];
  zoom: Zoom | null;
  numbered: boolean;
}

/** Width and height of each map in px, as on the screen: the same labels find room. */
export type Sizes = Readonly<Record<Pane['kind'], { width: number; height: number }>>;

/** A key of the colours, in its own colour where it has one. */
export interface Key {
  text: string;
  colour?: string;
}

const SIDE = 640;
const HEAD = 36;
const GAP = 24;
const LINE = 18;

/** What the colours of the marks mean; `ends` are the words for both ends of an effect. */
export function keysOf(colour: MapColour, ends: { low: string; high: string }, theme: Tokens): Key[] {
  if (colour === 'speech') return speechLegend(theme).map(({ title, colour: of }) => ({ text: title, colour: of }));
  if (colour === 'effect')
    return [
      { text: ends.low, colour: theme.negative.text },
      { text: ends.high, colour: theme.positive.text },
    ];
  return [
    { text: 'A ringed number stands in the middle of its chip or cloud, in its colour.' },
    { text: 'Hollow: not in this grouping.' },
  ];
}

function sizeOf(pane: Pane, sizes: Sizes): { width: number; height: number } {
  const { width, height } = sizes[pane.kind];
  return width > 0 && height > 0 ? { width, height } : { width: SIDE, height: SIDE };
}

/** The maps as they stand on the screen, side by side, with their key and the model's name. */
export function mapDrawing(
  panes: readonly Pane[],
  sizes: Sizes,
  title: string,
  keys: readonly Key[],
  theme: Tokens,
): Drawing {
  const boxes = panes.map((pane) => sizeOf(pane, sizes));
  const width = boxes.reduce((all, box) => all + box.width + GAP, GAP);
  const high = Math.max(...boxes.map((box) => box.height));
  const style = { family: 'interface', size: 11 } as const;
  const laid: (Key & { x: number; line: number })[] = [];
  let [x, line] = [GAP, 0];
  for (const key of keys) {
    const room = measure(key.text, 'interface', style.size, 600).width;
    if (x > GAP && x + room > width - GAP) [x, line] = [GAP, line + 1];
    laid.push({ ...key, x, line });
    x += room + 16;
  }
  const foot = HEAD + high + GAP;
  const height = foot + (line + 1) * LINE + GAP;
  const paint = (surface: Surface): void => {
    let left = GAP;
    panes.forEach((pane, i) => {
      const box = boxes[i]!;
      paintPane(surface, pane, box, left, theme);
      left += box.width + GAP;
    });
    for (const key of laid)
      surface.text(key.x, foot + key.line * LINE, key.text, {
        ...style,
        fill: key.colour ?? theme.ink2,
        weight: key.colour ? 600 : 400,
      });
    surface.text(GAP, height - 16, title, { ...style, fill: theme.ink3 });
  };
  return { width, height, background: theme.background, title: `Map: ${title}`, paint };
}

function paintPane(
  surface: Surface,
  pane: Pane,
  { width, height }: { width: number; height: number },
  left: number,
  theme: Tokens,
): void {
  const plane = planeOf(pane.points, { width, height }, pane.zoom);
  const badges = pane.numbered ? middles(pane.points, plane) : [];
  const family = pane.kind === 'word' ? 'corpus' : 'interface';
  const labels = labelsOf(pane.points, plane, family, RADIUS[pane.kind], badges);
  surface.group({ translate: [left, HEAD] }, () => {
    surface.text(0, -12, pane.kind === 'unit' ? 'Units' : 'Words', {
      family: 'interface',
      size: 14,
      weight: 650,
      fill: theme.ink,
    });
    paintMap(surface, { ...pane, plane, labels, badges }, theme, true);
    surface.rect(0, 0, width, height, { stroke: theme.line });
  });
}
