import { describe, expect, it } from 'vitest';
import { sampleManifest } from '../testing/manifest';
import { FIND } from './find';
import { firstView } from './defaults';
import { fitView } from './fit';
import { LinkProblem, readLink, writeLink } from './link';
import type { ViewState } from './types';

const base = firstView(sampleManifest());
const full: ViewState = {
  held: { kind: 'cloud', number: 2, side: 'b' },
  dataset: 'reviews',
  model: 'lstm',
  state: 'rnn.0.c',
  method: 'block',
  selection: 'frequent',
  k: 4,
  sentence: '34805517e132380e',
  step: 3,
  range: [2, 4],
  sentence2: 'd82ce6815b680661',
  step2: 1,
  epoch: 2,
  towards: 1,
  focus: 'word',
  shows: 'moved',
  focusWord: 'a,b & c=d #%',
  words: ['cliché', 'a,b & c=d #%', '🎬'],
  units: [3, 0],
  memory: true,
  page: 'unit',
  linkThreshold: 0.4,
  linkWidth: 1.5,
  colourScale: 'fixed',
  colourWords: 'class',
  chipAlign: 'height',
  unitRail: 'lossCertainty',
  unitWords: 'certainty',
  unitSort: 'timeScale',
  unitDescending: true,
  unitRanges: [
    { key: 'outputWeight', low: -1.5, high: null },
    { key: 'timeScale', low: 2, high: 6.5 },
  ],
  unitText: 'worst, "best"',
  unitChip: 3,
  unitColumns: ['chip', 'timeScale', 'lossCertainty', 'falling'],
  mapMethod: 'tsne',
  mapItems: 'words',
  mapColour: 'effect',
  mapZoom: { unit: null, word: { x: -0.25, y: 3.5, scale: 4 } },
  sql: "SELECT text\nFROM words -- 100 % & more\nWHERE text LIKE '%a=b#%'",
  b: { dataset: 'other, text', model: 'gru', state: 'rnn.0.h', epoch: 3 },
  compareLayout: 'overlay',
  compareOrder: 'own',
  apart: { text: 'but, /x/', split: 'test', outcome: 'a' },
  tree: {
    root: 'words::a;b.c\n&d=e',
    grown: [
      { after: -2, word: 'x;y&z=%' },
      { after: 0, word: 'w.v' },
    ],
  },
  find: { ...FIND, mode: 'concordance', phrase: "a;b:c & 'd' #%" },
};

describe('links', () => {
  it('restore every choice', () => {
    expect(readLink(`#${writeLink(full, 'abc')}`, base)).toEqual({ view: full, modelHash: 'abc' });
  });

  it('restore the first view, in a readable form', () => {
    const link = writeLink(base, '00aa');
    expect(link).toBe('v1=d=reviews&m=gru&h=00aa&s=rnn.0.h&g=block.reliable&k=3&q=34805517e132380e&t=5&w=love,dull');
    expect(readLink(link, full)?.view).toEqual(base);
  });

  it('survive a browser that encodes the fragment', () => {
    const url = new URL('https://example.org/');
    url.hash = writeLink(full, 'abc');
    expect(readLink(url.hash, base)?.view).toEqual(full);
  });

  it('leave anchors of the page alone', () => {
    expect(readLink('', base)).toBeNull();
    expect(readLink('#installation', base)).toBeNull();
  });

  it.each([
    ['too long', `#v1=w=${'a'.repeat(7000)}`],
    ['a long word', `#v1=w=${'a'.repeat(100)}`],
    ['too many words', '#v1=w=a,b,c,d'],
    ['a number that is none', '#v1=k=8e9'],
    ['half a side', '#v1=b=reviews,gru'],
    ['an epoch of B that is none', '#v1=b=reviews,gru,rnn.0.h,last'],
    ['a layout that is none', '#v1=cl=round'],
    ['a range in the wrong order', '#v1=r=5-3'],
    ['half a range', '#v1=r=5'],
    ['a hold of nothing', '#v1=o=word.3'],
    ['a hold of no number', '#v1=o=chip'],
    ['a hold of number nought', '#v1=o=chip.0'],
    ['a hold on a third side', '#v1=o=chip.1.c'],
    ['three ends of a range', '#v1=r=1-2-3'],
    ['a negative range', '#v1=r=-1-2'],
    ['a step that is none', '#v1=t2=first'],
    ['an epoch that is none', '#v1=e=1.5'],
    ['a negative number', '#v1=k=-3'],
    ['a huge number', '#v1=t=99999999'],
    ['not a number', '#v1=l=NaN'],
    ['out of range', '#v1=l=7'],
    ['an unknown choice', '#v1=cw=url(x)'],
    ['an unknown part', '#v1=__proto__=x'],
    ['a constructor', '#v1=constructor=x'],
    ['a part twice', '#v1=k=3&k=4'],
    ['broken encoding', '#v1=w=%E0%A4%A'],
    ['a long query', `#v1=sql=${'a'.repeat(2001)}`],
    ['an order that is none', '#v1=us=--unit'],
    ['a range without bounds', '#v1=uf=timeScale::'],
    ['a range of nothing', '#v1=uf=__proto__:1:2'],
    ['a range with an exponent', '#v1=uf=timeScale:1e400:'],
    ['a range twice', '#v1=uf=mean:1:,mean::2'],
    ['a column that is none', '#v1=uv=chip,__proto__'],
    ['a newer version', '#v2=k=3'],
    ['a foreign search', '#v1=fi=m:unheard'],
    ['half a grouping', '#v1=g=block'],
  ])('are refused when hostile: %s', (_name, fragment) => {
    expect(() => readLink(fragment, base)).toThrow(LinkProblem);
  });

  it('carry markup as text and nothing else', () => {
    const link = readLink('#v1=w=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E', base);
    expect(link?.view.words).toEqual(['<img src=x onerror=alert(1)>']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('fitView', () => {
  it('says what of the other side cannot be held', () => {
    const first = firstView(manifest);
    const held = { kind: 'chip', number: 99, side: 'b' } as const;
    const { view, notes } = fitView({ ...first, page: 'compare', held }, manifest);
    expect(view.held).toBeNull();
    expect(notes).toEqual([
      expect.stringMatching(/^What is compared with has \d+ clusters; chip 99 cannot be held\.$/),
    ]);
    const kept = { ...held, number: 1 };
    expect(fitView({ ...first, page: 'compare', held: kept }, manifest)).toMatchObject({
      view: { held: kept },
      notes: [],
    });
  });

  it('says which units and chips are not there', () => {
    const { view, notes } = fitView({ ...firstView(manifest), units: [1, 9999], unitChip: 99 }, manifest);
    expect(view).toMatchObject({ units: [1], unitChip: null });
    expect(notes[0]).toContain('there is no unit 9999');
    expect(notes[1]).toContain('chip 99');
  });

  const manifest = sampleManifest();

  it('keeps what the data has', () => {
    const view = {
      ...full,
      epoch: null,
      towards: null,
      b: { dataset: 'reviews', model: 'gru', state: 'rnn.0.h', epoch: null },
    };
    expect(fitView(view, manifest)).toEqual({ view, notes: [] });
  });

  it('follows one of several classes, and says where there is none of that number', () => {
    const [dataset] = manifest.datasets;
    const models = dataset!.models.map((model) => ({ ...model, classes: ['a', 'b', 'c'] }));
    const three = { ...manifest, datasets: [{ ...dataset!, models }] };
    const view = { ...full, epoch: null, b: null };
    expect(fitView({ ...view, towards: 1 }, three)).toMatchObject({ view: { towards: 1 }, notes: [] });
    expect(fitView({ ...view, towards: 2 }, three)).toMatchObject({ view: { towards: null }, notes: [] });
    expect(fitView({ ...view, towards: 3 }, three)).toMatchObject({
      view: { towards: null },
      notes: [expect.stringContaining('no class numbered 3; c is shown')],
    });
  });

  it('replaces what it has not, and says so', () => {
    const { view, notes } = fitView(
      { ...full, b: null, epoch: null, towards: null, model: 'rnn', state: 'x', k: 30, units: [99] },
      manifest,
    );
    expect([view.model, view.state, view.k, view.units, view.page]).toEqual(['gru', 'rnn.0.h', 4, [], 'picture']);
    expect(notes).toHaveLength(2);
    expect(fitView({ ...full, dataset: 'other' }, manifest).notes[0]).toContain('other');
  });

  it('reads a probe by its name', () => {
    expect(fitView({ ...full, sentence: 'though-reversed' }, manifest).view.sentence).toBe('d82ce6815b680661');
  });
});
