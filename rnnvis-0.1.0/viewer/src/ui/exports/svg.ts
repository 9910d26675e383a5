import type { Drawing } from '../../paint/drawing';
import { withFonts } from '../../paint/fonts';
import { SvgSurface } from '../../paint/svg';

/** The drawing as SVG; text stays text. */
export function svgOf({ width, height, background, title, link, paint }: Drawing): string {
  const surface = new SvgSurface();
  paint(surface);
  return surface.document(width, height, background, title, link);
}

/** The same with the fonts whose letters it writes. */
export async function toSvg(drawing: Drawing): Promise<Blob> {
  return new Blob([await withFonts(svgOf(drawing))], { type: 'image/svg+xml;charset=utf-8' });
}
