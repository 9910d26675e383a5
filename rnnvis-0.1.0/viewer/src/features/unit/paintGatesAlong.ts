import { gateOfUnit, gateTitle, type Gates } from '../../model/gates';
import type { Tokens } from '../../paint/colour';
import type { Surface } from '../../paint/surface';
import { fixed } from '../../wording/format';

const PITCH = 32;
const NAME = 11;
const TOP = 15;
const BAR = 14;

export function gatesAlongHeight(gates: Gates): number {
  return Object.keys(gates).length * PITCH;
}

/** The gates of a unit at one word, in words: `Forget gate 0.91, input gate 0.12`. */
export function gatesAt(gates: Gates, units: number, unit: number, step: number): string {
  const said = Object.entries(gates)
    .map(([name, values]) => `${gateTitle(name).toLowerCase()} ${fixed(values[step * units + unit]!)}`)
    .join(', ');
  return `${said[0]!.toUpperCase()}${said.slice(1)}`;
}

/** A row a gate: a bar a word, full height where the gate is open. The words stand under each other with the line of the unit. */
export function paintGatesAlong(
  on: Surface,
  gates: Gates,
  units: number,
  unit: number,
  width: number,
  theme: Tokens,
  marked: number | null,
): void {
  Object.entries(gates).forEach(([name, values], i) => {
    const y = i * PITCH;
    const along = gateOfUnit(values, units, unit);
    const cell = width / Math.max(1, along.length);
    const gap = Math.min(2, cell / 6);
    on.text(0, y + NAME, gateTitle(name), { family: 'interface', size: 11, fill: theme.ink2 });
    along.forEach((value, step) => {
      const x = step * cell + gap / 2;
      on.rect(x, y + TOP, cell - gap, BAR, { fill: theme.keptTrack });
      on.rect(x, y + TOP + (1 - value) * BAR, cell - gap, value * BAR, {
        fill: step === marked ? theme.ink : theme.kept,
      });
    });
  });
}
