import type { Tokens } from '../../paint/colour';
import type { Drawing } from '../../paint/drawing';
import type { Surface } from '../../paint/surface';
import type { Zoom } from '../../state/mapView';
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

const SIDE = 640;
const HEAD = 36;
const GAP = 24;

function sizeOf(panes: readonly Pane[]): { width: number; height: number } {
  return { width: GAP + panes.length * (SIDE + GAP), height: HEAD + SIDE + 2 * GAP };
}

function paint(surface: Surface, panes: readonly Pane[], title: string, theme: Tokens): void {
  panes.forEach((pane, i) => {
    const plane = planeOf(pane.points, { width: SIDE, height: SIDE }, pane.zoom);
    const badges = pane.numbered ? middles(pane.points, plane) : [];
    const labels = labelsOf(
      pane.points,
      plane,
      pane.kind === 'word' ? 'corpus' : 'interface',
      RADIUS[pane.kind],
      badges,
    );
    surface.group({ translate: [GAP + i * (SIDE + GAP), HEAD] }, () => {
      surface.text(0, -12, pane.kind === 'unit' ? 'Units' : 'Words', {
        family: 'interface',
        size: 14,
        weight: 650,
        fill: theme.ink,
      });
      paintMap(surface, { ...pane, plane, labels, badges }, theme, true);
      surface.rect(0, 0, SIDE, SIDE, { stroke: theme.line });
    });
  });
  surface.text(GAP, sizeOf(panes).height - 16, title, { family: 'interface', size: 11, fill: theme.ink3 });
}

/** The maps as they stand, side by side, with the model's name. */
export function mapDrawing(panes: readonly Pane[], title: string, theme: Tokens): Drawing {
  return {
    ...sizeOf(panes),
    background: theme.background,
    title: `Map: ${title}`,
    paint: (surface) => paint(surface, panes, title, theme),
  };
}
