import { describe, expect, it } from 'vitest';
import { linkAt, linkPath, type Link } from './links';

const link = (y0: number, y1: number, width = 6): Link => ({
  unitCluster: 0,
  wordCluster: y1,
  value: 1,
  width,
  x0: 0,
  y0,
  x1: 100,
  y1,
});

describe('linkAt', () => {
  const links = [link(0, 100), link(100, 0), link(50, 400)];

  it('finds a link at its ends and in its middle', () => {
    expect(linkAt(links, 1, 1)).toBe(links[0]);
    expect(linkAt(links, 99, 1)).toBe(links[1]);
    expect(linkAt([links[2]!], 50, 225)).toBe(links[2]);
  });

  it('finds nothing beside them', () => {
    expect(linkAt([links[0]!], 50, 80)).toBeNull();
    expect(linkAt(links, 120, 0)).toBeNull();
  });
});

describe('linkPath', () => {
  it('leaves and arrives level', () => {
    expect(linkPath(link(10, 90))).toBe('M0 10.00C50 10.00 50 90.00 100 90.00');
  });
});
