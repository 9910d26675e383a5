import { CanvasSurface } from '../../paint/canvas';
import type { Drawing } from '../../paint/drawing';

const SCALE = 2;

/** The drawing as PNG at twice its size; on nothing where its background is `none`. */
export function toPng({ width, height, background, paint }: Drawing): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext('2d');
  if (!context) return Promise.reject(new Error('The browser gives no canvas to draw on'));
  context.scale(SCALE, SCALE);
  if (background !== 'none') {
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
  }
  paint(new CanvasSurface(context, SCALE));
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser to save as PNG'))),
      'image/png',
    ),
  );
}
