/** One drawing surface, so that the screen (Canvas) and a saved figure (SVG) come from the same painting code. */

import type { FontFamily } from '../model/text';

export { CanvasSurface } from './canvas';

export interface Style {
  fill?: string;
  stroke?: string;
  strokeWidth?: number;
  dash?: readonly number[];
  opacity?: number;
  lineCap?: 'butt' | 'round';
  lineJoin?: 'miter' | 'round';
  /** Words and numbers that this mark encodes: a `<title>` in SVG, nothing on a canvas, which never makes them. */
  title?: string | (() => string);
}

export interface TextStyle {
  family: FontFamily;
  size: number;
  weight?: number;
  fill: string;
  align?: 'left' | 'center' | 'right';
  opacity?: number;
  /** Figures of one width; for numbers only, they pull hyphens apart in words. */
  tabular?: boolean;
  /** A rim of this colour behind the letters, so that they stay readable on lines. */
  halo?: string;
  title?: string;
}

export interface Group {
  translate?: readonly [number, number];
  /** Clip to this rectangle, in the group's own coordinates. */
  clip?: { x: number; y: number; width: number; height: number };
  opacity?: number;
  /** Becomes the `id` of the group in SVG. */
  name?: string;
}

/** A grid of equal square cells filled row by row, such as the units of a chip. */
export interface CellGrid {
  x: number;
  y: number;
  columns: number;
  cell: number;
  gap: number;
  radius: number;
  /** One `#rrggbb` a cell. */
  colours: readonly string[];
}

/** Coordinates and sizes are CSS pixels, y pointing down; text stands on its baseline. */
export interface Surface {
  rect(x: number, y: number, width: number, height: number, style: Style): void;
  roundRect(x: number, y: number, width: number, height: number, radius: number, style: Style): void;
  circle(x: number, y: number, radius: number, style: Style): void;
  /** `d` is SVG path data. */
  path(d: string, style: Style): void;
  line(x1: number, y1: number, x2: number, y2: number, style: Style): void;
  text(x: number, y: number, content: string, style: TextStyle): void;
  cells(grid: CellGrid): void;
  group(group: Group, draw: () => void): void;
}
