import { describe, expect, it } from 'vitest';
import { sampleManifest } from '../testing/manifest';
import { firstView } from './defaults';
import { fitView } from './fit';
import { LinkProblem, LONGEST, readLink, writeLink } from './link';

/** Numbers that look random and are the same at each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

/** How many links are damaged: `make soak` asks for more, and milliseconds for them. */
const INPUTS = Number(import.meta.env.RNNVIS_LINKS ?? 2000);
const PATIENCE = 5000 + 10 * INPUTS;

const LETTERS = [
  'a',
  'Z',
  ' ',
  '%',
  '&',
  '=',
  ',',
  '.',
  '#',
  '+',
  '"',
  '<',
  '\u0000',
  '\u202e',
  '\u200b',
  'é',
  'ש',
  '😀',
  '\u0301',
  '__proto__',
  'constructor',
  '-',
  '1',
  '\ud83d\udc69\u200d',
];

describe('links', () => {
  it(
    'come back as they were written, whatever words and names they hold',
    () => {
      const random = seeded(7);
      const text = (most: number): string =>
        Array.from({ length: 1 + Math.floor(random() * most) }, () => LETTERS[Math.floor(random() * LETTERS.length)])
          .join('')
          .slice(0, 60)
          .replace(/[\ud800-\udbff]$/, '');
      const base = firstView(sampleManifest());
      for (let i = 0; i < INPUTS / 4; i += 1) {
        const view = {
          ...base,
          dataset: text(5),
          model: text(5),
          state: text(5),
          sentence: text(8),
          step: Math.floor(random() * 1000),
          words: [...new Set([text(4), text(4), text(4)])],
          units: [Math.floor(random() * 1e6)],
          k: Math.floor(random() * 255),
          linkThreshold: Math.round(random() * 1000) / 1000,
        };
        const fragment = writeLink(view, 'abc');
        if (fragment.length > LONGEST) continue;
        expect(readLink(`#${fragment}`, base)).toEqual({ view, modelHash: 'abc' });
      }
    },
    PATIENCE,
  );

  it(
    'made by hand are refused with a reason or fit the data, and touch no prototype',
    () => {
      const random = seeded(11);
      const manifest = sampleManifest();
      const base = firstView(manifest);
      const good = writeLink(base, 'abc');
      for (let i = 0; i < INPUTS; i += 1) {
        const cut = Math.floor(random() * good.length);
        const piece = Array.from(
          { length: 1 + Math.floor(random() * 6) },
          () => LETTERS[Math.floor(random() * LETTERS.length)],
        ).join('');
        const fragment = `v1=${(good.slice(3, cut) + piece + good.slice(cut + Math.floor(random() * 4))).slice(0, 300)}`;
        try {
          const link = readLink(fragment, base);
          const { view } = fitView(link!.view, manifest);
          expect(manifest.datasets[0]!.models.map(({ name }) => name)).toContain(view.model);
        } catch (error) {
          expect(error).toBeInstanceOf(LinkProblem);
        }
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
    PATIENCE,
  );
});
