/** What was tried, as tables to read and to save. */

import type { Table } from '../../model/csv';
import type { Quantity } from './answer';
import type { Controlled } from './control';
import type { Way } from './leaveOut';

export interface LeftOut {
  /** Of the sentence. */
  key: string;
  way: Way;
  before: number;
  words: readonly string[];
  /** Answer without the word minus answer with it; NaN where that cannot be. */
  changes: readonly number[];
}

export interface SwitchedOff extends Controlled {
  /** Of the sentence with its switches. */
  key: string;
  name: string;
  units: number;
}

const answerOf = ({ name, unit }: Quantity): string => (unit ? `${name}, in ${unit}` : name);

export function leftOutTable(of: Quantity, { way, before, words, changes }: LeftOut): Table {
  return {
    caption: `Each word ${way === 'deleted' ? 'deleted' : 'made unknown'}: ${answerOf(of)}`,
    columns: [
      { name: 'position', about: 'Of the word in the sentence, from 1' },
      { name: 'word', about: 'The word that is left out', corpus: true },
      { name: 'answer', about: `${of.name} without it`, digits: 4 },
      { name: 'change', about: `By how much ${of.name} changes`, digits: 4 },
    ],
    rows: words.map((word, i) => [i + 1, word, before + changes[i]!, changes[i]!]),
  };
}

export function switchedTable(of: Quantity, { name, units, before, after, random }: SwitchedOff): Table {
  return {
    caption: `${name}: ${answerOf(of)}`,
    columns: [
      { name: 'what is held', about: 'Units that are switched off or turned' },
      { name: 'units', about: 'How many' },
      { name: 'answer', about: of.name, digits: 4 },
      { name: 'change', about: 'Against the sentence with everything', digits: 4 },
    ],
    rows: [
      ['nothing', 0, before, 0],
      [name, units, after, after - before],
      ...random.map((value, i) => [`random group ${i + 1}`, units, value, value - before]),
    ],
  };
}
