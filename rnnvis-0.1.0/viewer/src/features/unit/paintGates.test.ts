import { plain } from '../../wording/tip';
import { describe, expect, it } from 'vitest';
import { LIGHT } from '../../paint/colour';
import { SvgSurface } from '../../paint/svg';
import { describeGate, gateAt, gatesHeight, paintGates } from './paintGates';

const gates = [
  { gate: 'f', mean: 0.7, closed: 0.1, open: 0.4 },
  { gate: 'x', mean: 0.2, closed: 0.5, open: 0 },
];

describe('paintGates', () => {
  it('draws the shares from both ends, and names unknown gates by their letter', () => {
    const surface = new SvgSurface();
    paintGates(surface, gates, 200, LIGHT, null);
    const svg = surface.document(200, gatesHeight(gates), LIGHT.background, 'gates');
    expect(svg).toContain('Forget gate');
    expect(svg).toContain('Gate x');
    expect(svg).toMatch(/<rect x="0" y="18" width="20" /);
    expect(svg).toMatch(/<rect x="120" y="18" width="80" /);
  });
  it('says what a bar shows', () => {
    expect(gateAt(gates, 50)).toBe(1);
    expect(gateAt(gates, 100)).toBeNull();
    expect(plain(describeGate(gates[0]!))).toContain('10 % of the steps');
  });
});
