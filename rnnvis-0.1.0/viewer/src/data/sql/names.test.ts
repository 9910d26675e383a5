import { describe, expect, it } from 'vitest';
import { sampleManifest } from '../../testing/manifest';
import { plainName, sqlType, tableGroups } from './names';

describe('tableGroups', () => {
  const manifest = sampleManifest();
  const [dataset] = manifest.datasets;
  const table = dataset!.tables['words']!;
  for (const model of dataset!.models) {
    model.tables['steps'] = table;
    for (const state of model.states) state.tables['units'] = table;
  }
  const [gru] = dataset!.models;
  const names = tableGroups(manifest, dataset!, gru!, gru!.states[0]!).map(({ schema, tables }) => [
    schema,
    tables.map(({ name }) => name),
  ]);

  it('names what is on the screen plainly, and the rest by model and state', () => {
    expect(names).toEqual([
      [null, ['words']],
      [null, ['steps']],
      [null, ['units']],
      ['lstm', ['steps']],
      ['lstm_rnn_0_h', ['units']],
      ['lstm_rnn_0_c', ['units']],
    ]);
  });
});

describe('names and types', () => {
  it('need no quotes', () =>
    expect([plainName('GRU 2', 'rnn.0.h'), plainName('2x'), plainName('文字')]).toEqual([
      'gru_2_rnn_0_h',
      't_2x',
      't_',
    ]));
  it('are DuckDB’s', () =>
    expect([sqlType('list<float32>'), sqlType('int16'), sqlType('string')]).toEqual([
      'FLOAT[]',
      'SMALLINT',
      'VARCHAR',
    ]));
});
