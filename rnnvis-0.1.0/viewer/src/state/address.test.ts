import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paced, pageAddress } from './address';

describe('paced', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('acts at once, then only on the last of what came meanwhile', () => {
    const act = vi.fn();
    const writing = paced(act, 100);
    for (const value of ['a', 'b', 'c', 'd']) writing.say(value);
    expect(act.mock.calls).toEqual([['a']]);
    vi.advanceTimersByTime(100);
    expect(act.mock.calls).toEqual([['a'], ['d']]);
    vi.advanceTimersByTime(1000);
    expect(act).toHaveBeenCalledTimes(2);
    writing.say('e');
    expect(act).toHaveBeenLastCalledWith('e');
  });

  it('writes nothing after it was stopped', () => {
    const act = vi.fn();
    const writing = paced(act, 100);
    writing.say('a');
    writing.say('b');
    writing.stop();
    vi.advanceTimersByTime(1000);
    expect(act.mock.calls).toEqual([['a']]);
  });
});

describe('pageAddress', () => {
  /** A page whose history can be read. */
  function stubbed(): { entries: string[]; hash: () => string } {
    const entries = ['#v1=m=gru'];
    const place = { hash: entries[0]!, href: 'http://host/explorer/#v1=m=gru' };
    const put = (gone: number) => (_state: unknown, _title: string, hash: string) => {
      entries.splice(entries.length - gone, gone, hash);
      place.hash = hash;
    };
    vi.useFakeTimers();
    vi.stubGlobal('location', place);
    vi.stubGlobal('history', { state: null, replaceState: put(1), pushState: put(0) });
    return { entries, hash: () => place.hash };
  }

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('makes an entry for each step, and none for changes that belong to one', () => {
    const { entries, hash } = stubbed();
    const address = pageAddress();
    for (const [fragment, step] of [
      ['v1=m=gru&k=5', true],
      ['v1=m=gru&k=6', false],
      ['v1=m=gru&k=6&p=unit', true],
      ['v1=m=gru&k=6&p=unit', true],
    ] as const) {
      address.write(fragment, step);
      vi.advanceTimersByTime(1000);
      expect(hash()).toBe(`#${fragment}`);
    }
    expect(entries).toEqual(['#v1=m=gru', '#v1=m=gru&k=6', '#v1=m=gru&k=6&p=unit']);
  });

  it('makes that entry at once, after what waited, so that Back at once leads there', () => {
    const { entries } = stubbed();
    const address = pageAddress();
    address.write('v1=m=gru&k=5', false);
    address.write('v1=m=gru&k=6', false);
    address.write('v1=m=gru&k=6&u=1&p=unit', true);
    expect(entries).toEqual(['#v1=m=gru&k=6', '#v1=m=gru&k=6&u=1&p=unit']);
    vi.advanceTimersByTime(1000);
    expect(entries).toHaveLength(2);
  });
});
