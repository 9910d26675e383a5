import type { NamedTable, Sample } from '../../data/sql/names';
import { count } from '../../wording/format';

/** `1,844 of 14,304 sentences`. */
export function sampleText({ sentences, of }: Sample): string {
  return `${count(sentences)} of ${count(of)} sentences`;
}

/** Which of the tables that a query named hold a sample, in words; null where none does. */
export function sampledLine(tables: readonly NamedTable[]): string | null {
  const said = tables.flatMap(({ schema, name, sample }) =>
    sample ? [`${schema === null ? '' : `${schema}.`}${name} holds ${sampleText(sample)}`] : [],
  );
  return said.length ? `A sample: ${said.join('; ')}. What is counted or averaged there is of these alone.` : null;
}
