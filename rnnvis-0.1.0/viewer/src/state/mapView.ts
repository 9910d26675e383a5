/** What the page “Map” shows, as links have it. */

export const MAP_METHODS = ['pca', 'tsne'] as const;
export const MAP_ITEMS = ['both', 'units', 'words'] as const;
export const MAP_COLOURS = ['cluster', 'speech', 'effect'] as const;

export type MapMethod = (typeof MAP_METHODS)[number];
export type MapItems = (typeof MAP_ITEMS)[number];
export type MapColour = (typeof MAP_COLOURS)[number];

/** The point in the middle of the frame, in the method's own coordinates, and how often the whole is enlarged. */
export interface Zoom {
  x: number;
  y: number;
  scale: number;
}

export const CLOSEST = 60;

/** Where units and words are enlarged; null shows all of them. */
export interface MapZoom {
  unit: Zoom | null;
  word: Zoom | null;
}

/** A zoom as links have it: `0.12:-3.4:2.5`, nothing for none. */
export function writeZoom(zoom: Zoom | null): string {
  return zoom ? [zoom.x, zoom.y, zoom.scale].map((value) => String(Number(value.toFixed(4)))).join(':') : '';
}

/** The zoom of `writeZoom`; undefined where the text is none. */
export function readZoom(text: string): Zoom | null | undefined {
  if (text === '') return null;
  const parts = text.split(':');
  if (parts.length !== 3 || !parts.every((part) => /^-?\d{1,6}(\.\d{1,6})?$/.test(part))) return undefined;
  const [x, y, scale] = parts.map(Number) as [number, number, number];
  return scale >= 1 && scale <= CLOSEST ? { x, y, scale } : undefined;
}
