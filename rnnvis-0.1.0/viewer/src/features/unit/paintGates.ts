import type { Gate } from '../../data/measured';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fixed, percent } from '../../wording/format';
import type { TooltipContent } from '../../wording/tip';
import { gateName } from '../../wording/told';

const PITCH = 44;
const NAME = 13;
const TOP = 18;
const BAR = 8;

export function gatesHeight(gates: readonly Gate[]): number {
  return gates.length * PITCH - (gates.length ? PITCH - TOP - BAR - 16 : 0);
}

/** Number of the gate at this height; null between them. */
export function gateAt(gates: readonly Gate[], y: number): number | null {
  const i = Math.floor(y / PITCH);
  return gates[i] ? i : null;
}

export function gatePoint(gate: number, width: number): { x: number; y: number } {
  return { x: width / 2, y: gate * PITCH + TOP };
}

export function describeGate({ gate, mean, closed, open }: Gate): TooltipContent {
  return {
    title: [`${gateName(gate)}: mean ${fixed(mean)}`],
    lines: [
      [`Nearly closed, below 0.1, at ${percent(closed)} of the steps.`],
      [`Nearly open, above 0.9, at ${percent(open)}.`],
    ],
    hint: null,
  };
}

/** A bar a gate, all its steps: filled from the left where it was nearly closed, from the right where it was nearly open. */
export function paintGates(
  surface: Surface,
  gates: readonly Gate[],
  width: number,
  theme: Tokens,
  active: number | null,
): void {
  const small = { family: 'interface', size: 11, fill: theme.ink3, tabular: true } as const;
  gates.forEach((of, i) => {
    const y = i * PITCH;
    surface.text(0, y + NAME, gateName(of.gate), { ...small, fill: theme.ink2, tabular: false });
    surface.text(width, y + NAME, `mean ${fixed(of.mean)}`, { ...small, fill: theme.ink, weight: 650, align: 'right' });
    surface.rect(0, y + TOP, width, BAR, { fill: theme.keptTrack });
    surface.rect(0, y + TOP, of.closed * width, BAR, { fill: theme.kept });
    surface.rect((1 - of.open) * width, y + TOP, of.open * width, BAR, { fill: theme.ink2 });
    if (i === active) surface.rect(0.5, y + TOP + 0.5, width - 1, BAR - 1, { stroke: theme.ink });
    surface.text(0, y + TOP + BAR + 13, `closed ${percent(of.closed)}`, small);
    surface.text(width, y + TOP + BAR + 13, `open ${percent(of.open)}`, { ...small, align: 'right' });
  });
}
