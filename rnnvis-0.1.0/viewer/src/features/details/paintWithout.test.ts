import { describe, expect, it } from 'vitest';
import type { ChipEffect } from '../../data/measured';
import { samplePicture } from '../../model/sample';
import { LIGHT } from '../../paint/colour';
import { SvgSurface } from '../../paint/svg';
import { describeWithout, withoutGroups } from '../../wording/without';
import { paintWithout, withoutAt, withoutChart, withoutPoint } from './paintWithout';

const { clustering, vocabulary } = samplePicture({ k: 4 });
const effect = (some: Partial<ChipEffect>): ChipEffect => ({
  cluster: 1,
  subject: 'all',
  value: -1,
  count: 400,
  increase: 0.06,
  standardError: 0.004,
  random: 0.015,
  randomSpread: 0.006,
  ...some,
});
const rows = [
  effect({}),
  effect({ cluster: 2, increase: 0.5 }),
  effect({ subject: 'class', value: 1, increase: 0.07 }),
  effect({ subject: 'class', value: 0 }),
  ...[3, 0, 2].map((value) =>
    effect({ subject: 'words', value, increase: value / 10, standardError: value ? 0.01 : null }),
  ),
];
const names = { clustering, vocabulary, labels: ['negative', 'positive'], kind: 'classifier' as const };
const groups = withoutGroups({ rows, largest: 4 }, 1, names);

describe('the chart', () => {
  const chart = withoutChart(groups, 336);
  it('holds every effect with two errors, the random groups and zero', () => {
    expect(chart.axis.low).toBeLessThanOrEqual(0);
    expect(chart.axis.high).toBeGreaterThanOrEqual(0.3 + 0.02);
    for (const { row } of chart.rows) expect(chart.x(row.effect.increase)).toBeGreaterThanOrEqual(chart.left);
    expect(chart.x(0.32)).toBeLessThanOrEqual(chart.right);
    expect(chart.height).toBeGreaterThan(chart.rows.at(-1)!.y);
  });
  it('finds its rows', () => {
    chart.rows.forEach((_, i) => expect(withoutAt(chart, withoutPoint(chart, i).y)).toBe(i));
    expect(withoutAt(chart, 2)).toBeNull();
  });
  it('paints a title for each dot, and hollow where there is no error', () => {
    const surface = new SvgSurface();
    paintWithout(surface, chart, 336, LIGHT, null, (row) => describeWithout(row, 7, 'classifier'));
    const svg = surface.document(336, chart.height, LIGHT.background, 'chip');
    expect(svg.match(/<circle/g)).toHaveLength(6);
    expect(svg.match(new RegExp(`<circle[^>]*fill="${LIGHT.surface}"`, 'g'))).toHaveLength(1);
    expect(svg).toContain('Without the chip the loss rises by 0.060 ± 0.004 nats');
  });
});
