/** How colours look to people with a colour-vision deficiency, for tests of the palettes. */

export type Deficiency = 'protanopia' | 'deuteranopia' | 'tritanopia';
export type Linear = readonly [number, number, number];

/** Full deficiency (severity 1), on linear sRGB: Machado, Oliveira and Fernandes, 2009, table 1. */
const MATRICES: Record<Deficiency, readonly Linear[]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

export const DEFICIENCIES = Object.keys(MATRICES) as Deficiency[];

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** A linear sRGB colour as it is seen; null is normal sight. */
export function seen(colour: Linear, by: Deficiency | null): Linear {
  if (by === null) return colour;
  const [r, g, b] = MATRICES[by].map((row) => clamp(row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2]));
  return [r!, g!, b!];
}
