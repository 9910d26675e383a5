import type { OTHER_FIELDS } from './figures';

/** How a number is written: `number`, with a sign, a share in per cent, or an amount of bits or nats. */
export type NumberFormat = 'number' | 'signed' | 'share' | 'bits' | 'nats';

/** What a measure of units is called, how it reads and where it is shown, as it was declared with its column. */
export interface MeasureSpec {
  /** Its name in links. */
  key: string;
  table: 'units' | keyof typeof OTHER_FIELDS;
  column: string;
  /** Which of a unit's rows, where the table has several. */
  row: string | null;
  /** The column that it is divided by; empty for none. */
  over: string;
  /** The column with its standard error; empty for none. */
  error: string;
  title: string;
  help: string;
  about: string;
  format: NumberFormat;
  digits: number;
  unit: string;
  /** Where nothing is: the line from which the rail's dots stand away. */
  base: number;
  /** What is first when sorted, largest first. */
  rankedBy: 'value' | 'size';
  /** Whether v and 1 − v mean as much. */
  eitherSide: boolean;
  /** Its sign is not the state's, so that it has not the state's colours. */
  signless: boolean;
  /** Place on a unit's page: the row of figures, what the state tells, the losses; the others only sort the rail. */
  group: 'figures' | 'explained' | 'tells' | 'loss' | 'more';
  /** Narrow tables keep what comes first. */
  telling: number;
}

/** A figure of whole models or states, as the page “Compare” shows it. */
export interface FigureSpec {
  name: string;
  title: string;
  about: string;
  format: NumberFormat;
  digits: number;
  low: number;
  /** Null where the strip goes as far as the values. */
  high: number | null;
  /** The subject of the metrics that it is held against; empty for none. */
  baseline: string;
}
