import type { UnitRow } from '../data/types';
import type { Cell, Table } from '../model/csv';
import type { ListMeasure } from './measures';

/** A measure as columns: itself, and its standard error where it has one. */
export function measureColumns({ title, help, error }: ListMeasure): Table['columns'] {
  const name = title.toLowerCase();
  return [
    { name, about: help, digits: 4 },
    ...(error ? [{ name: `${name}, standard error`, about: 'Its standard error', digits: 4 }] : []),
  ];
}

export function measureCells({ value, error }: ListMeasure, row: UnitRow): Cell[] {
  return [value(row), ...(error ? [error(row)] : [])];
}
