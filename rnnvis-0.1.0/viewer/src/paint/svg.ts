import type { CellGrid, Group, Style, Surface, TextStyle } from './surface';
import { FAMILIES } from '../model/text';
import { seen, visible } from '../data/visible';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Text as XML: markup escaped, characters that XML 1.0 forbids left out. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '').replace(/[&<>"']/g, (c) => ESCAPES[c]!);
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function attribute(name: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  return ` ${name}="${typeof value === 'number' ? number(value) : escapeXml(value)}"`;
}

/** `rgba()` is split: drawing programs know it only in style sheets. */
function fillOf(fill: string): string {
  const rgba = /^rgba\((\d+), (\d+), (\d+), ([\d.]+)\)$/.exec(fill);
  return rgba
    ? attribute('fill', `rgb(${rgba[1]}, ${rgba[2]}, ${rgba[3]})`) + attribute('fill-opacity', rgba[4])
    : attribute('fill', fill);
}

const ANCHOR = { left: undefined, center: 'middle', right: 'end' } as const;

/** Collects SVG elements; text stays text. */
export class SvgSurface implements Surface {
  private readonly parts: string[] = [];
  private clips = 0;

  private element(name: string, attributes: string, style: Style): void {
    const paint =
      fillOf(style.fill ?? 'none') +
      attribute('stroke', style.stroke) +
      (style.stroke ? attribute('stroke-width', style.strokeWidth ?? 1) : '') +
      attribute('stroke-dasharray', style.dash?.map(number).join(' ')) +
      attribute('stroke-linecap', style.lineCap) +
      attribute('stroke-linejoin', style.lineJoin) +
      attribute('opacity', style.opacity);
    const said = typeof style.title === 'function' ? style.title() : style.title;
    const title = said ? `><title>${escapeXml(seen(said))}</title></${name}>` : '/>';
    this.parts.push(`<${name}${attributes}${paint}${title}`);
  }

  rect(x: number, y: number, width: number, height: number, style: Style): void {
    this.element(
      'rect',
      attribute('x', x) + attribute('y', y) + attribute('width', width) + attribute('height', height),
      style,
    );
  }

  roundRect(x: number, y: number, width: number, height: number, radius: number, style: Style): void {
    this.element(
      'rect',
      attribute('x', x) +
        attribute('y', y) +
        attribute('width', width) +
        attribute('height', height) +
        attribute('rx', radius),
      style,
    );
  }

  circle(x: number, y: number, radius: number, style: Style): void {
    this.element('circle', attribute('cx', x) + attribute('cy', y) + attribute('r', radius), style);
  }

  path(d: string, style: Style): void {
    this.element('path', attribute('d', d), style);
  }

  line(x1: number, y1: number, x2: number, y2: number, style: Style): void {
    this.element('line', attribute('x1', x1) + attribute('y1', y1) + attribute('x2', x2) + attribute('y2', y2), style);
  }

  text(x: number, y: number, content: string, style: TextStyle): void {
    const attributes =
      attribute('x', x) +
      attribute('y', y) +
      attribute('font-family', FAMILIES[style.family]) +
      attribute('font-size', style.size) +
      attribute('font-weight', style.weight) +
      attribute('text-anchor', ANCHOR[style.align ?? 'left']) +
      attribute('fill', style.fill) +
      attribute('opacity', style.opacity) +
      (style.tabular ? ' font-variant-numeric="tabular-nums"' : '') +
      (style.halo
        ? attribute('stroke', style.halo) + ' stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
        : '');
    const title = style.title ? `<title>${escapeXml(seen(style.title))}</title>` : '';
    this.parts.push(`<text${attributes}>${title}${escapeXml(visible(content))}</text>`);
  }

  cells(grid: CellGrid): void {
    const pitch = grid.cell + grid.gap;
    grid.colours.forEach((fill, i) => {
      const x = grid.x + (i % grid.columns) * pitch;
      const y = grid.y + Math.floor(i / grid.columns) * pitch;
      this.roundRect(x, y, grid.cell, grid.cell, grid.radius, { fill });
    });
  }

  group(group: Group, draw: () => void): void {
    let clip = '';
    if (group.clip) {
      const id = `clip-${++this.clips}`;
      const { x, y, width, height } = group.clip;
      this.parts.push(`<clipPath id="${id}">`);
      this.rect(x, y, width, height, { fill: '#000' });
      this.parts.push('</clipPath>');
      clip = ` clip-path="url(#${id})"`;
    }
    const move = group.translate
      ? ` transform="translate(${number(group.translate[0])} ${number(group.translate[1])})"`
      : '';
    this.parts.push(`<g${attribute('id', group.name)}${attribute('opacity', group.opacity)}${move}>`);
    if (clip) this.parts.push(`<g${clip}>`);
    draw();
    if (clip) this.parts.push('</g>');
    this.parts.push('</g>');
  }

  /** The whole document. `title` is its accessible name; `link` is where it can be found again. */
  document(width: number, height: number, background: string, title: string, link = ''): string {
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" ` +
      `viewBox="0 0 ${number(width)} ${number(height)}" role="img" font-size="12">` +
      `<title>${escapeXml(seen(title))}</title>` +
      (link ? `<desc>${escapeXml(link)}</desc>` : '') +
      `<rect width="100%" height="100%" fill="${escapeXml(background)}"/>${this.parts.join('')}</svg>\n`
    );
  }
}
