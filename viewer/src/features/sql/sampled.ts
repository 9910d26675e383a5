import type { NamedTable, Sample } from '../../data/sql/names';
import { count } from '../../wording/format';

/** `1,844 of 14,304 sentences`, or those `and all held-out ones`. */
export function sampleText({ sentences, of, heldOut }: Sample): string {
  return `${count(sentences)} of ${count(of)} sentences${heldOut ? ' and all held-out ones' : ''}`;
}

/** Which of the tables that a query named hold a sample, in words; null where none does. */
export function sampledLine(tables: readonly NamedTable[]): string | null {
  const said = tables.flatMap(({ schema, name, sample }) =>
    sample ? [`${schema === null ? '' : `${schema}.`}${name} holds ${sampleText(sample)}`] : [],
  );
  return said.length ? `A sample: ${said.join('; ')}. What is counted or averaged there is of these alone.` : null;
}
