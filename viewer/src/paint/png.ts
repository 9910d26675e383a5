import { CanvasSurface, type Surface } from './surface';

const SCALE = 2;

/** A PNG at twice the size of what `paint` draws, on a ground of one colour. */
export function toPng(
  width: number,
  height: number,
  background: string,
  paint: (surface: Surface) => void,
): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext('2d');
  if (!context) return Promise.reject(new Error('The browser gives no canvas to draw on'));
  context.scale(SCALE, SCALE);
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  paint(new CanvasSurface(context, SCALE));
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large for this browser to save as PNG'))),
      'image/png',
    ),
  );
}
