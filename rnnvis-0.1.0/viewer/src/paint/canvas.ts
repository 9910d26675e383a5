import type { CellGrid, Group, Style, Surface, TextStyle } from './surface';
import { font } from '../model/text';
import { visible } from '../data/visible';

/** Cells beyond this number are written as one image: filling thousands of rounded squares is slow. */
const IMAGE_FROM = 512;

/** Paints on a 2D canvas whose transform already maps CSS pixels to device pixels. */
export class CanvasSurface implements Surface {
  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly pixelRatio = 1,
  ) {}

  private paint(style: Style, trace: (context: CanvasRenderingContext2D) => void): void {
    const c = this.context;
    c.beginPath();
    trace(c);
    this.finish(style);
  }

  private finish(style: Style, shape?: Path2D): void {
    const c = this.context;
    const alpha = c.globalAlpha;
    if (style.opacity !== undefined) c.globalAlpha = alpha * style.opacity;
    if (style.fill) {
      c.fillStyle = style.fill;
      if (shape) c.fill(shape);
      else c.fill();
    }
    if (style.stroke && (style.strokeWidth ?? 1) > 0) {
      c.strokeStyle = style.stroke;
      c.lineWidth = style.strokeWidth ?? 1;
      c.lineCap = style.lineCap ?? 'butt';
      c.lineJoin = style.lineJoin ?? 'miter';
      c.setLineDash(style.dash ? [...style.dash] : []);
      if (shape) c.stroke(shape);
      else c.stroke();
    }
    c.globalAlpha = alpha;
  }

  rect(x: number, y: number, width: number, height: number, style: Style): void {
    this.paint(style, (c) => c.rect(x, y, width, height));
  }

  roundRect(x: number, y: number, width: number, height: number, radius: number, style: Style): void {
    this.paint(style, (c) => c.roundRect(x, y, width, height, radius));
  }

  circle(x: number, y: number, radius: number, style: Style): void {
    this.paint(style, (c) => c.arc(x, y, radius, 0, 2 * Math.PI));
  }

  path(d: string, style: Style): void {
    this.finish(style, new Path2D(d));
  }

  line(x1: number, y1: number, x2: number, y2: number, style: Style): void {
    this.paint(style, (c) => {
      c.moveTo(x1, y1);
      c.lineTo(x2, y2);
    });
  }

  text(x: number, y: number, content: string, style: TextStyle): void {
    const c = this.context;
    const alpha = c.globalAlpha;
    const shown = visible(content);
    c.direction = 'ltr';
    c.globalAlpha = alpha * (style.opacity ?? 1);
    c.font = font(style.family, style.size, style.weight);
    c.textAlign = style.align ?? 'left';
    c.textBaseline = 'alphabetic';
    if (style.halo) {
      c.strokeStyle = style.halo;
      c.lineWidth = 4;
      c.lineJoin = 'round';
      c.setLineDash([]);
      c.strokeText(shown, x, y);
    }
    c.fillStyle = style.fill;
    c.fillText(shown, x, y);
    c.globalAlpha = alpha;
  }

  cells(grid: CellGrid): void {
    if (grid.colours.length > IMAGE_FROM) {
      this.image(grid);
      return;
    }
    const pitch = grid.cell + grid.gap;
    grid.colours.forEach((fill, i) => {
      const x = grid.x + (i % grid.columns) * pitch;
      const y = grid.y + Math.floor(i / grid.columns) * pitch;
      this.roundRect(x, y, grid.cell, grid.cell, grid.radius, { fill });
    });
  }

  private image(grid: CellGrid): void {
    const ratio = this.pixelRatio;
    const cell = Math.max(1, Math.round(grid.cell * ratio));
    const pitch = Math.max(cell, Math.round((grid.cell + grid.gap) * ratio));
    const rows = Math.ceil(grid.colours.length / grid.columns);
    const image = new ImageData(grid.columns * pitch, rows * pitch);
    const pixels = new Uint32Array(image.data.buffer);
    const known = new Map<string, number>();
    grid.colours.forEach((colour, i) => {
      let value = known.get(colour);
      if (value === undefined) known.set(colour, (value = abgr(colour)));
      const start = Math.floor(i / grid.columns) * pitch * image.width + (i % grid.columns) * pitch;
      for (let row = 0; row < cell; row++) {
        pixels.fill(value, start + row * image.width, start + row * image.width + cell);
      }
    });
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    this.context.drawImage(canvas, grid.x, grid.y, image.width / ratio, image.height / ratio);
  }

  group(group: Group, draw: () => void): void {
    const c = this.context;
    c.save();
    if (group.translate) c.translate(group.translate[0], group.translate[1]);
    if (group.clip) {
      c.beginPath();
      c.rect(group.clip.x, group.clip.y, group.clip.width, group.clip.height);
      c.clip();
    }
    if (group.opacity !== undefined) c.globalAlpha *= group.opacity;
    draw();
    c.restore();
  }
}

/** `#rrggbb` as a pixel of image data, opaque. */
function abgr(colour: string): number {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return 0xff000000 | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16);
}
