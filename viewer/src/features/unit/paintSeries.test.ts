import { describe, expect, it } from 'vitest';
import { LIGHT } from '../../paint/colour';
import { SvgSurface } from '../../paint/svg';
import { paintSeries, pointAt, SERIES_HEIGHT, seriesLayout, type Series } from './paintSeries';

const series: Series = {
  points: [
    { label: '0', value: 0, error: 0 },
    { label: '16', value: 4, error: 1 },
    { label: '32', value: null, error: null },
    { label: '64', value: -3, error: null },
  ],
  band: [],
};

function drawn(of: Series): string {
  const surface = new SvgSurface();
  paintSeries(surface, of, 440, LIGHT, null);
  return surface.document(440, SERIES_HEIGHT, LIGHT.background, 'series');
}

describe('paintSeries', () => {
  it('holds zero and whole intervals on its axis', () => {
    const { axis, y } = seriesLayout(series, 440);
    expect(axis.low).toBeLessThanOrEqual(-3);
    expect(axis.high).toBeGreaterThanOrEqual(4 + 1.96);
    expect(y(axis.high)).toBeGreaterThanOrEqual(0);
    expect(y(axis.low)).toBeLessThan(SERIES_HEIGHT);
  });

  it('leaves out what is not known, and draws an interval only where there is an error', () => {
    const svg = drawn(series);
    expect(svg.match(/<circle/g)).toHaveLength(3);
    expect(svg).toMatch(/<path d="M90\.0 [\d.]+L190\.0 [\d.]+L390\.0 [\d.]+"/);
    expect(svg.match(/<line [^>]*x1="190"[^>]*x2="190"/g)).toHaveLength(1);
    expect(svg).not.toMatch(/<line [^>]*x1="390"[^>]*x2="390"/);
  });

  it('draws the band behind the line', () => {
    const band = series.points.map(() => ({ low: -1, high: 2 }));
    const svg = drawn({ ...series, band });
    expect(svg.indexOf('Z"')).toBeGreaterThan(0);
    expect(svg.indexOf('Z"')).toBeLessThan(svg.indexOf('<circle'));
  });

  it('finds the figure under the pointer', () => {
    expect(pointAt(series, 10, 440)).toBeNull();
    expect(pointAt(series, 45, 440)).toBe(0);
    expect(pointAt(series, 439, 440)).toBe(3);
  });
});
