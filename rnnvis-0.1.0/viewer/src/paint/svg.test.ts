import { describe, expect, it } from 'vitest';
import { escapeXml, SvgSurface } from './svg';

describe('SvgSurface', () => {
  it('keeps text as text and escapes it', () => {
    const surface = new SvgSurface();
    surface.text(1, 2, '<script>&"x"\u0001', { family: 'corpus', size: 15, fill: '#000', align: 'right' });
    const svg = surface.document(100, 50, '#fff', 'A & B');
    expect(svg).toContain('&lt;script&gt;&amp;&quot;x&quot;◌</text>');
    expect(svg).toContain('text-anchor="end"');
    expect(svg).toContain('<title>A &amp; B</title>');
    expect(svg).not.toContain('<script>');
  });

  it('lets no title turn the direction of what follows it', () => {
    const surface = new SvgSurface();
    surface.rect(0, 0, 1, 1, { fill: '#000', title: 'GRU \u202egnp' });
    surface.circle(0, 0, 1, { title: () => 'word \u2067x' });
    surface.text(1, 2, 'a', { family: 'corpus', size: 15, fill: '#000', title: 'of \u202dLSTM' });
    const svg = surface.document(9, 9, '#fff', 'model \u202e: memory');
    for (const title of ['GRU ◌gnp', 'word ◌x', 'of ◌LSTM', 'model ◌: memory'])
      expect(svg).toContain(`<title>${title}</title>`);
  });

  it('closes every group, with a clip and without', () => {
    const surface = new SvgSurface();
    surface.group({ name: 'a', clip: { x: 0, y: 0, width: 5, height: 5 }, translate: [3, 4] }, () =>
      surface.group({ opacity: 0.5 }, () => surface.rect(0, 0, 1, 1, { fill: 'rgba(27, 32, 38, 0.045)' })),
    );
    const svg = surface.document(10, 10, '#fff', '');
    expect(svg.match(/<g[ >]/g)).toHaveLength(svg.match(/<\/g>/g)!.length);
    expect(svg).toContain('fill="rgb(27, 32, 38)" fill-opacity="0.045"');
  });

  it('draws a grid of cells row by row', () => {
    const surface = new SvgSurface();
    surface.cells({
      x: 10,
      y: 20,
      columns: 2,
      cell: 13,
      gap: 2,
      radius: 2,
      colours: ['#111111', '#222222', '#333333'],
    });
    expect(surface.document(9, 9, '#fff', '')).toContain(
      '<rect x="10" y="35" width="13" height="13" rx="2" fill="#333333"/>',
    );
  });
});

describe('escapeXml', () => {
  it('leaves letters of any language alone', () => {
    expect(escapeXml('cliché 👍 “x”')).toBe('cliché 👍 “x”');
  });
});
