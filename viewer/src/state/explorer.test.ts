import { describe, expect, it } from 'vitest';
import type { EpochEntry } from '../data/types';
import { sampleManifest } from '../testing/manifest';
import type { Address } from './address';
import { Explorer } from './explorer.svelte';
import { LONGEST } from './link';
import { sideA, usualB } from './sides';

/** An address bar that a test can read and write. */
class FakeAddress implements Address {
  page = 'https://example.org/explorer/';
  fragment = '';
  private listener: (fragment: string) => void = () => undefined;

  read(): string {
    return this.fragment;
  }

  write(fragment: string): void {
    this.fragment = `#${fragment}`;
  }

  listen(changed: (fragment: string) => void): () => void {
    this.listener = changed;
    return () => (this.listener = () => undefined);
  }

  go(fragment: string): void {
    this.fragment = fragment;
    this.listener(fragment);
  }
}

function answer(manifest: unknown): typeof fetch {
  return (async (url: string) =>
    String(url).endsWith('manifest.json')
      ? new Response(JSON.stringify(manifest))
      : new Response('', { status: 404 })) as unknown as typeof fetch;
}

async function open(
  fragment = '',
  manifest: unknown = sampleManifest(),
): Promise<{ explorer: Explorer; address: FakeAddress }> {
  const address = new FakeAddress();
  address.fragment = fragment;
  const explorer = new Explorer({
    src: 'https://example.org/data/manifest.json',
    home: 'https://example.org/app/',
    layout: 'page',
    page: '',
    address,
    fetcher: answer(manifest),
  });
  await explorer.start();
  return { explorer, address };
}

describe('a link that names another dataset alone', () => {
  it('shows what that dataset shows first, and does not speak of models that nobody named', async () => {
    const manifest = sampleManifest();
    const second = structuredClone(manifest.datasets[0]!);
    const models = second.models.slice(0, 1).map((model) => ({ ...model, name: 'reader' }));
    manifest.datasets.push({ ...second, name: 'letters', models, probes: {} });
    const { explorer } = await open('#v1=d=letters&p=units', manifest);
    expect(explorer.view.dataset).toBe('letters');
    expect(explorer.view.model).toBe('reader');
    expect(explorer.notice).toBeNull();
  });
});

describe('what a decoder says of what its encoder read', () => {
  const three = () => {
    const manifest = sampleManifest();
    const [first] = manifest.datasets;
    const dataset = (name: string, source?: string) => ({
      ...structuredClone(first!),
      name,
      models: structuredClone(first!.models.slice(0, 1)).map((model) => ({
        ...model,
        states: model.states.slice(0, 1),
      })),
      ...(source ? { source } : {}),
    });
    manifest.datasets.push(dataset('letters'), dataset('phonemes', 'letters'));
    return manifest;
  };

  it('is opened at the same key, as one step of undo', async () => {
    const { explorer } = await open('', three());
    explorer.setDataset('letters');
    explorer.setSentence('00000000000000aa', 3);
    explorer.setClusters(4);
    explorer.openBeside('phonemes', '00000000000000aa');
    expect(explorer.view).toMatchObject({ dataset: 'phonemes', sentence: '00000000000000aa', step: null, k: 4 });
    explorer.undo();
    expect(explorer.view).toMatchObject({ dataset: 'letters', sentence: '00000000000000aa', step: 3 });
  });

  it('is what the one is compared with first, both ways', async () => {
    const { explorer } = await open('', three());
    for (const [name, other] of [
      ['letters', 'phonemes'],
      ['phonemes', 'letters'],
    ] as const) {
      explorer.setDataset(name);
      expect(usualB(sideA(explorer.view), explorer.source!.manifest)).toMatchObject({ dataset: other });
    }
  });
});

describe('Explorer', () => {
  it('begins with the view that the data names, and leaves the address alone', async () => {
    const { explorer, address } = await open();
    expect(explorer.view).toMatchObject({
      model: 'gru',
      k: 3,
      step: 5,
      words: ['love', 'dull'],
      sentence: '34805517e132380e',
    });
    expect(address.fragment).toBe('');
  });

  it('undoes and redoes choices, and writes each into the address', async () => {
    const { explorer, address } = await open();
    explorer.setClusters(4);
    explorer.toggleWord('film');
    expect(explorer.view).toMatchObject({ k: 4, words: ['love', 'dull', 'film'], focus: 'word', focusWord: 'film' });
    explorer.undo();
    explorer.undo();
    expect(explorer.view).toMatchObject({ k: 3, words: ['love', 'dull'], focus: 'step' });
    expect([explorer.canUndo, explorer.canRedo]).toEqual([false, true]);
    explorer.redo();
    expect(address.fragment).toContain('k=4');
  });

  it('keeps three words: a fourth takes the place of the third', async () => {
    const { explorer } = await open();
    explorer.toggleWord('film');
    explorer.toggleWord('plot');
    expect(explorer.view.words).toEqual(['love', 'dull', 'plot']);
    explorer.removeWord('love');
    expect(explorer.view).toMatchObject({ words: ['dull', 'plot'], focusWord: null });
  });

  it('restores a view from its own link, in a new page and while it is open', async () => {
    const first = await open();
    first.explorer.setModel('lstm');
    first.explorer.setState('rnn.0.c');
    first.explorer.setClusters(2);
    const second = await open(`#${first.explorer.link()}`);
    expect(second.explorer.view).toEqual(first.explorer.view);
    expect(second.explorer.notice).toBeNull();
    const third = await open();
    third.address.go(`#${first.explorer.link()}`);
    expect(third.explorer.view).toEqual(first.explorer.view);
    third.explorer.undo();
    expect(third.explorer.view.model).toBe('gru');
  });

  it('brushes steps until the sentence changes, and takes that back by undo', async () => {
    const { explorer, address } = await open();
    explorer.setRange([2, 4]);
    expect(address.fragment).toContain('r=2-4');
    explorer.setSentence('d82ce6815b680661');
    expect(explorer.view.range).toBeNull();
    explorer.undo();
    expect(explorer.view.range).toEqual([2, 4]);
  });

  it('sets a second sentence beside the first, by key or probe, and takes it away', async () => {
    const { explorer } = await open();
    explorer.setSecond('though-reversed', 3);
    expect(explorer.view).toMatchObject({ sentence2: 'd82ce6815b680661', step2: 3, step: 5, focus: 'difference' });
    explorer.setFocus('step');
    explorer.pinSecond(1);
    expect(explorer.view.focus).toBe('second');
    explorer.removeSecond();
    expect(explorer.view).toMatchObject({ sentence2: null, step2: null });
    explorer.undo();
    expect(explorer.view).toMatchObject({ sentence2: 'd82ce6815b680661', step2: 1 });
  });

  it('shows the difference as soon as a word of each of two sentences is pinned', async () => {
    const { explorer } = await open();
    explorer.setSecond('though-reversed');
    expect(explorer.view).toMatchObject({ step: 5, step2: null, focus: 'step' });
    explorer.pinSecond(1);
    expect(explorer.view.focus).toBe('difference');
    explorer.pinStep(null);
    expect(explorer.view.focus).toBe('step');
    explorer.pinStep(2);
    expect(explorer.view).toMatchObject({ step: 2, step2: 1, focus: 'difference' });
  });

  it('shows a model at an earlier epoch, and keeps the selection', async () => {
    const manifest = sampleManifest();
    const gru = manifest.datasets[0]!.models[0]!;
    const at = (epoch: number): EpochEntry => ({
      epoch,
      hash: `e${epoch}`,
      tables: {},
      states: [{ ...gru.states[0]!, k: [2, 3] }],
    });
    gru.epochs = [at(1), at(2)];
    const { explorer } = await open('', manifest);
    explorer.setEpoch(1);
    expect(explorer.model?.hash).toBe('e1');
    expect(explorer.view).toMatchObject({ epoch: 1, step: 5, words: ['love', 'dull'] });
    expect(explorer.link()).toContain('h=e1');
    explorer.setEpoch(2);
    expect(explorer.view.epoch).toBeNull();
    expect(explorer.model?.hash).toBe('00aa');
    const { explorer: other } = await open('#v1=d=reviews&m=gru&h=00aa&s=rnn.0.h&g=block.reliable&k=2&e=9', manifest);
    expect(other.notice).toContain('Epoch 9');
  });

  it('announces a link that was made with another training of the model', async () => {
    const { explorer } = await open('#v1=d=reviews&m=gru&h=ffff&s=rnn.0.h&g=block.reliable&k=2');
    expect(explorer.view.k).toBe(2);
    expect(explorer.notice).toContain('another training of GRU, 4 units');
  });

  it('says of each part of a link that names what is not there', async () => {
    const link = (more: string, grouped = 'block.reliable'): string =>
      `#v1=d=reviews&m=gru&s=rnn.0.h&g=${grouped}&k=2&q=music-though${more}`;
    const said = async (fragment: string): Promise<Explorer> => (await open(fragment)).explorer;
    expect((await said(link(''))).notice).toBeNull();
    expect((await said(link('', 'magic.reliable'))).notice).toContain('grouped by “magic”');
    expect((await said(link('', 'block.loudest'))).notice).toContain('“loudest”');
    expect((await said(link('&p=unit'))).notice).toContain('names no unit');
    expect((await said(link('&w=love&f=word&fw=dull'))).notice).toContain('“dull” is not among');
    const unit = await said(link('&p=find&fi=m:fires;b:unit;u:999'));
    expect(unit.notice).toContain('units 0 to 3; unit 999');
    expect(unit.view.find.unit).toBe(3);
    const chip = await said(link('&p=find&fi=m:fires;b:chip;c:99'));
    expect(chip.notice).toContain('chip 99');
    expect(chip.view.find.chip).toBe(2);
  });

  it('refuses a hostile link with a message, and shows the usual view', async () => {
    const { explorer } = await open(`#v1=w=${'a'.repeat(LONGEST)}`);
    expect(explorer.notice).toContain('cannot be followed: it is too long');
    expect(explorer.view.words).toEqual(['love', 'dull']);
  });

  it('shows a problem in the place that it concerns', async () => {
    const { explorer } = await open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(explorer.problems.words?.what).toContain('missing');
    expect(explorer.problems.memory?.what).toContain('cluster_labels');
    expect(explorer.problems.sequence?.what).toContain('sentences');
  });

  it('says that the manifest is missing, damaged or too new, and tries again when asked', async () => {
    const { explorer } = await open('', { ...sampleManifest(), version: 7 });
    expect(explorer.source).toBeNull();
    expect(explorer.problems.data?.what).toContain('version 7');
    expect(explorer.problems.data?.fix).toContain('Update');
  });
});

describe('sentences that are made in the page', () => {
  const MADE = 'typed:rnn.0.h,zero,1-2,0:I like: it, 100 %';

  it('stand in the link, and are found there again', async () => {
    const { explorer, address } = await open();
    explorer.setMade(MADE, null);
    explorer.setSecond('words::a\nb', null);
    const again = (await open(address.fragment)).explorer;
    expect(again.view).toMatchObject({ sentence: MADE, sentence2: 'words::a\nb' });
    expect(again.notice).toBeNull();
  });

  it('are left out of it where they are too long', async () => {
    const { explorer, address } = await open();
    explorer.setMade(`typed::${'\u00e9'.repeat(3000)}`, null);
    expect(address.fragment).not.toContain('q=');
    expect(address.fragment.length).toBeLessThan(1000);
  });

  it('are one step of undo while they are typed, and take what was made of the last one away', async () => {
    const { explorer } = await open();
    const before = explorer.view.sentence;
    for (const text of ['I', 'I l', 'I love']) explorer.setMade(`typed::${text}`, null);
    expect(explorer.view.sentence).toBe('typed::I love');
    explorer.undo();
    expect(explorer.view.sentence).toBe(before);
    explorer.setSecond(MADE);
    explorer.setMade('typed::dull', null);
    expect(explorer.view.sentence2).toBeNull();
    explorer.setSecond('d82ce6815b680661');
    explorer.setMade('typed::plot', null);
    expect(explorer.view.sentence2).toBe('d82ce6815b680661');
  });

  it('let go of what is held in B where its clusters get other numbers', async () => {
    const { explorer } = await open();
    explorer.hold({ kind: 'chip', number: 2, side: 'a' });
    explorer.compare({ compareOrder: 'own' });
    expect(explorer.view.held).not.toBeNull();
    explorer.hold({ kind: 'chip', number: 2, side: 'b' });
    explorer.compare({ compareOrder: 'match' });
    expect(explorer.view.held).toBeNull();
  });

  it('lose what is held with the model whose units it is', async () => {
    const { explorer } = await open();
    explorer.setMade(MADE, null);
    explorer.setSecond('with:rnn.0.h,zero,1,0:34805517e132380e');
    explorer.setModel('lstm');
    expect(explorer.view).toMatchObject({ sentence: 'typed::I like: it, 100 %', sentence2: '34805517e132380e' });
  });
});
