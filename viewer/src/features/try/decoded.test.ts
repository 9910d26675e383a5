import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../data/source';
import type { DatasetEntry, Sentence, StateSequence, Vocabulary } from '../../data/types';
import { openBytes } from '../../infer/open';
import { bothHalves, readingOf } from '../../state/handing';
import { Reader } from '../../state/reader';
import { sampleManifest } from '../../testing/manifest';
import { aligned, changed, edits, saidAfter, verdict, withoutEach } from './decoded';

const FOLDER = new URL('../../testing/handed/', import.meta.url);
interface Case {
  letters: number[];
  held: Record<string, number[]>;
  said: number[];
}
/** What PyTorch says of words, see `infer/handed.test.ts`. */
const CASES = JSON.parse(readFileSync(new URL('cases.json', FOLDER), 'utf8')) as Case[];
const LETTERS = ['<pad>', '<unk>', '</s>', ...'abcdefghijklmnopqrstuvwxyz'];
const PHONEMES = ['<pad>', '<unk>', '<s>', '</s>', ...Array.from({ length: 70 }, (_, i) => `P${i}`)];
const WORDS = ['a', 'hop', 'hope', 'knight', 'letter', 'integrity', 'outpouching'];
const NOUNS = { step: 'phoneme', steps: 'phonemes', sentence: 'word', sentences: 'words' };

function vocabularyOf(text: string[]): Vocabulary {
  return {
    text,
    count: new Float64Array(text.length),
    special: text.map((word) => word.startsWith('<')),
    classAssociation: text.map(() => null),
    id: new Map(text.map((word, id) => [word, id])),
  };
}

function setting(stored: Partial<Source> = {}) {
  const half = (side: string, more: Partial<DatasetEntry>): DatasetEntry => {
    const dataset = sampleManifest().datasets[0]!;
    const model = dataset.models[0]!;
    const states = [{ ...model.states[0]!, name: `${side}.0.h`, units: 6 }];
    return { ...dataset, ...more, models: [{ ...model, states, step_model: { path: side } as never }] };
  };
  const manifest = {
    ...sampleManifest(),
    datasets: [half('encoder', { name: 'read' }), half('decoder', { name: 'said', source: 'read' })],
  };
  const source = {
    manifest,
    vocabulary: async ({ name }: DatasetEntry) => vocabularyOf(name === 'read' ? LETTERS : PHONEMES),
    sentenceByKey: async () => null,
    steps: async () => null,
    publishedStates: async () => null,
    units: async () => [],
    ...stored,
  } as unknown as Source;
  const reader = new Reader((_source, _dataset, { step_model: file }) => {
    const bytes = Uint8Array.from(readFileSync(new URL(`${file!.path}.safetensors`, FOLDER)));
    return openBytes(bytes.buffer, file!.path, null);
  });
  const [encoder, decoder] = manifest.datasets.map((dataset) => ({ source, dataset, model: dataset.models[0]! }));
  return { reader, encoder: readingOf(encoder!), decoder: readingOf(decoder!) };
}

/** The key of a typed word with the units of a case held at zero. */
function keyOf({ letters, held }: Case): string {
  const word = letters
    .slice(0, -1)
    .map((id) => LETTERS[id])
    .join('');
  const off = Object.entries(held).map(([state, units]) => `${state},zero,${units.join('.')},0`);
  return `typed:${off.join(';')}:${word}`;
}

describe('an encoder and its decoder', () => {
  it('say of a typed word what PyTorch says, with units of either half held in one key', async () => {
    const { reader, encoder, decoder } = setting();
    const names = [encoder, decoder].map((of) => Object.values(bothHalves(of)!).map(({ dataset }) => dataset.name));
    expect(names).toEqual([
      ['read', 'said'],
      ['read', 'said'],
    ]);
    for (const one of CASES) {
      const key = keyOf(one);
      const read = await reader.passage(
        encoder,
        key.toUpperCase().replace(/^TYPED:([^]*):/, key.match(/^typed:.*:/)![0]),
        'a',
      );
      expect([...read!.sentence.tokens]).toEqual(one.letters);
      const went = await reader.passage(decoder, key, 'b');
      expect([...went!.sentence.tokens]).toEqual(one.said);
      expect(went!.sentence.text).toMatch(/^[a-z]+ → /);
      expect(await saidAfter(reader, encoder, key)).toEqual({
        words: one.said.filter((id) => id > 3 || id < 2).map((id) => PHONEMES[id]),
        ended: one.said.at(-1) === 3,
      });
    }
  });

  it('read a published word as it was published, if what is said of it there is what the model comes to', async () => {
    const [first] = CASES.filter(({ letters, held }) => letters.length === 5 && !Object.keys(held).length);
    const sentence = (tokens: number[]): Sentence => ({
      id: 3,
      key: 'k',
      split: 'recorded',
      label: 0,
      score: null,
      text: 'hope',
      tokens: Int32Array.from(tokens),
      surface: tokens.map(String),
    });
    const sentenceByKey = async ({ name }: DatasetEntry) => sentence(name === 'read' ? first!.letters : first!.said);
    const along = async (): Promise<StateSequence | null> => {
      const { reader, decoder } = setting();
      const { sequence } = (await reader.passage(decoder, `typed::hope`, 'a'))!;
      return sequence;
    };
    const published = (await along())!;
    const states =
      (of: StateSequence) =>
      async ({ name }: { name: string }) =>
        name === 'decoder.0.h' ? of : null;
    const { reader, decoder } = setting({ sentenceByKey, publishedStates: states(published) });
    expect([...(await reader.passage(decoder, 'k', 'a'))!.sequence!.values]).toEqual([...published.values]);
    const other = { ...published, values: published.values.map((value) => value + 0.5) };
    const wrong = setting({ sentenceByKey, publishedStates: states(other) });
    await expect(wrong.reader.passage(wrong.decoder, 'k', 'a')).rejects.toThrow(/does not come to what is published/);
  });

  it('are compared with random groups of as many units, chip by chip too', async () => {
    const { reader, encoder } = setting();
    const signal = new AbortController().signal;
    const key = 'typed:encoder.0.h,zero,1.4,0:letter';
    const found = (await changed(reader, encoder, key, signal, () => undefined))!;
    const plain = await saidAfter(reader, encoder, 'typed::letter');
    expect(found.before).toEqual(plain);
    expect(found.random).toHaveLength(20);
    expect(edits(found.before, found.after)).toBeGreaterThan(0);
    expect(new Set(found.random).size).toBeGreaterThan(1);
    const side = { ids: Int32Array.from([0, 1, 2, 3, 4, 5]), labels: [0, 1, 0, 0, 1, 0], order: [0, 1], summaries: [] };
    const grouping = { k: 2, units: side, words: side } as never;
    const each = await withoutEach(reader, encoder, key, 'encoder.0.h', grouping, 'zero', signal, () => undefined);
    expect([...each.values()]).toContainEqual(found.after);
    const stop = new AbortController();
    stop.abort();
    await expect(changed(reader, encoder, key, stop.signal, () => undefined)).rejects.toThrow();
  });
});

describe('what is said before and after', () => {
  it('stands side by side with as few edits as the recursion finds', () => {
    const recursion = (a: string[], b: string[]): number =>
      !a.length || !b.length
        ? a.length + b.length
        : Math.min(
            recursion(a.slice(1), b) + 1,
            recursion(a, b.slice(1)) + 1,
            recursion(a.slice(1), b.slice(1)) + Number(a[0] !== b[0]),
          );
    const texts = ['', 'a', 'abca', 'bca', 'cab', 'aabb', 'bbaac'].map((text) => [...text]);
    for (const a of texts)
      for (const b of texts) {
        const rows = aligned(a, b);
        expect(rows.filter(({ before, after }) => before !== after)).toHaveLength(recursion(a, b));
        expect(rows.flatMap(({ before }) => before ?? [])).toEqual(a);
        expect(rows.flatMap(({ after }) => after ?? [])).toEqual(b);
      }
    expect(edits({ words: ['a'], ended: true }, { words: ['a'], ended: false })).toBe(1);
  });

  it('is told in words, beside chance', () => {
    const [before, after] = [
      { words: ['HH', 'OW1', 'P'], ended: true },
      { words: ['HH', 'AA1', 'P'], ended: true },
    ];
    expect(
      verdict('without chip 5', { key: '', before, after, random: [0, 2, ...Array<number>(18).fill(0)] }, NOUNS),
    ).toBe(
      'Without chip 5, 1 phoneme must be changed, put in or left out; 20 random groups of as many units change 0.1 on average, 0 to 2: 1 of them as many or more.',
    );
    expect(verdict('without chip 5', { key: '', before, after: before, random: [] }, NOUNS)).toMatch(
      /^Without chip 5, it says the same\. These are all units/,
    );
  });
});

it('the words of the cases are those of the file', () => {
  expect(
    CASES.slice(0, WORDS.length).map(({ letters }) =>
      letters
        .slice(0, -1)
        .map((id) => LETTERS[id])
        .join(''),
    ),
  ).toEqual(WORDS);
});
