/** Gates of a layer along a sentence, as the model in the page has them: by name, row-major [steps × units], from 0 to 1. */

import type { Clustering } from '../data/types';
import type { Table } from './csv';
import { groups } from './groups';

export type Gates = Readonly<Record<string, Float32Array>>;

/** `Forget gate`. */
export function gateTitle(name: string): string {
  return `${name[0]!.toUpperCase()}${name.slice(1)} gate`;
}

/** A gate of a unit after each step. */
export function gateOfUnit(values: Float32Array, units: number, unit: number): Float32Array {
  return Float32Array.from({ length: values.length / units }, (_, step) => values[step * units + unit]!);
}

/** What the gates of a chip are after a step. */
export interface ChipGates {
  number: number;
  units: number;
  /** Mean over its units, by gate. */
  means: Readonly<Record<string, number>>;
}

/** The mean of every gate over each chip after a step, in the order of the chips. */
export function chipGates(gates: Gates, step: number, units: number, clustering: Clustering): ChipGates[] {
  const { ids } = clustering.units;
  return groups(clustering.units)
    .filter(({ members }) => members.length)
    .map(({ number, members }) => {
      const mean = (values: Float32Array): number =>
        members.reduce((sum, member) => sum + values[step * units + ids[member]!]!, 0) / members.length;
      const means = Object.fromEntries(Object.entries(gates).map(([name, values]) => [name, mean(values)]));
      return { number, units: members.length, means };
    });
}

/** Gates of units along a sentence as a table. */
export function gatesTable(gates: Gates, words: readonly string[], units: number, shown: readonly number[]): Table {
  const columns = shown.flatMap((unit) =>
    Object.entries(gates).map(([name, values]) => ({ unit, name, values: gateOfUnit(values, units, unit) })),
  );
  return {
    caption: 'Gates of units along the sentence of the picture',
    columns: [
      { name: 'word', about: 'The word', corpus: true },
      ...columns.map(({ unit, name }) => ({
        name: `${name} ${unit}`,
        about: `${gateTitle(name)} of unit ${unit} at the word, 0 closed to 1 open`,
        digits: 4,
      })),
    ],
    rows: words.map((word, step) => [word, ...columns.map(({ values }) => values[step] ?? null)]),
  };
}
