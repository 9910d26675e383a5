import type { Manifest } from '../data/types';

/** A small valid manifest, made anew at each call so that tests may change it. */
export function sampleManifest(): Manifest {
  const table = {
    rows: 1,
    files: [{ path: 'words-0.parquet', bytes: 10, rows: 1, sha256: '0'.repeat(64), first: 0, last: 0 }],
  };
  const state = {
    name: 'rnn.0.h',
    title: 'Layer 1, hidden h',
    layer: 0,
    kind: 'h',
    units: 4,
    bounded: true,
    read_by_head: true,
    measured: { splits: ['train'], steps: 10, sentences: 2, minimum_count: 8, frequent_count: 20 },
    methods: ['block'],
    selections: ['reliable', 'frequent'],
    k: [2, 3, 4],
    tables: {},
  };
  const model = {
    kind: 'classifier' as const,
    cell: 'GRU',
    parameters: 10,
    seed: 0,
    classes: ['negative', 'positive'],
    provenance: {},
    tables: {},
  };
  return {
    format: 'rnnvis',
    version: 1,
    generator: 'test',
    datasets: [
      {
        name: 'reviews',
        title: 'Reviews',
        licence: 'none',
        about: '',
        labels: ['negative', 'positive'],
        splits: { probe: 2, train: 10 },
        view: { model: 'gru', sentence: 'though', step: 5, k: 3, words: ['love', 'dull'] },
        probes: { though: '34805517e132380e', 'though-reversed': 'd82ce6815b680661' },
        tables: { words: table },
        models: [
          { ...model, name: 'gru', title: 'GRU, 4 units', hash: '00aa', states: [state] },
          {
            ...model,
            name: 'lstm',
            title: 'LSTM, 4 units',
            hash: '00bb',
            states: [{ ...state }, { ...state, name: 'rnn.0.c', kind: 'c', read_by_head: false }],
          },
        ],
      },
    ],
  };
}
