import { describe, expect, it } from 'vitest';
import { namedTables, tableGroups } from '../../data/sql/names';
import { sampleManifest } from '../../testing/manifest';
import { sampledLine } from './sampled';

describe('a query over a sample of the states', () => {
  const manifest = sampleManifest();
  const [dataset] = manifest.datasets;
  const table = dataset!.tables['words']!;
  const [gru, lstm] = dataset!.models;
  dataset!.splits = { train: 1000, test: 500 };
  for (const model of [gru!, lstm!]) {
    model.tables['answer_memory'] = model.tables['steps'] = table;
    for (const state of model.states) state.tables['states'] = state.tables['units'] = table;
  }
  gru!.states[0]!.published_sentences = 300;
  for (const state of lstm!.states) state.published_sentences = 1500;
  const groups = tableGroups(manifest, dataset!, gru!, gru!.states[0]!);
  const said = (...words: string[]): string | null => sampledLine(namedTables(groups, new Set(words)));

  it('says of how many of all sentences each table that it names has rows', () => {
    expect(said('states', 'answer_memory')).toMatch(
      /^A sample: answer_memory holds 300 of 1,500 sentences; states holds 300 of 1,500 sentences\. /,
    );
    expect(said('states')).toMatch(/^A sample: states holds 300 of 1,500 sentences\. /);
  });

  it('says that steps of a language model are of those and of held-out text', () => {
    gru!.kind = 'language model';
    const of = tableGroups(manifest, dataset!, gru!, gru!.states[0]!);
    gru!.kind = 'classifier';
    expect(sampledLine(namedTables(of, new Set(['steps'])))).toMatch(
      /steps holds 300 of 1,500 sentences and all held-out ones\./,
    );
  });

  it('says nothing of tables that hold them all, named or not', () => {
    expect(said('steps', 'units')).toBeNull();
    expect(said('lstm_rnn_0_h', 'units')).toBeNull();
    expect(sampledLine(namedTables(groups, new Set(['lstm_rnn_0_h', 'steps'])))).toBeNull();
  });
});
