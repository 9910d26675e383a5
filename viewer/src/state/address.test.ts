import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasPage, paced, pageAddress } from './address';

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
  it('makes an entry in the history when a unit is opened or closed, and none otherwise', () => {
    vi.useFakeTimers();
    const place = { hash: '#v1=m=gru', href: 'http://host/explorer/#v1=m=gru' };
    const write = (_state: unknown, _title: string, hash: string): void => void (place.hash = hash);
    const push = vi.fn(write);
    vi.stubGlobal('location', place);
    vi.stubGlobal('history', { state: null, replaceState: write, pushState: push });
    const address = pageAddress();
    for (const fragment of ['v1=m=gru&k=5', 'v1=m=gru&k=5&u=1&p=unit', 'v1=m=gru&k=5&u=2&p=unit', 'v1=m=gru&k=5']) {
      address.write(fragment);
      vi.advanceTimersByTime(1000);
      expect(place.hash).toBe(`#${fragment}`);
    }
    expect(push.mock.calls.map(([, , hash]) => hash)).toEqual(['#v1=m=gru&k=5&u=1&p=unit', '#v1=m=gru&k=5']);
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('makes that entry at once, after what waited, so that Back at once leads there', () => {
    vi.useFakeTimers();
    const entries = ['#v1=m=gru'];
    const place = { hash: entries[0]!, href: 'http://host/explorer/' };
    const put = (at: number) => (_state: unknown, _title: string, hash: string) => {
      entries.splice(entries.length - 1 + at, 1, hash);
      place.hash = hash;
    };
    vi.stubGlobal('location', place);
    vi.stubGlobal('history', { state: null, replaceState: put(0), pushState: put(1) });
    const address = pageAddress();
    address.write('v1=m=gru&k=5');
    address.write('v1=m=gru&k=6');
    address.write('v1=m=gru&k=6&u=1&p=unit');
    expect(entries).toEqual(['#v1=m=gru&k=6', '#v1=m=gru&k=6&u=1&p=unit']);
    vi.advanceTimersByTime(1000);
    expect(entries).toHaveLength(2);
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('finds the page of its own anywhere in the fragment', () => {
    expect(hasPage('#p=unit')).toBe(true);
    expect(hasPage('v1=d=x&u=1&p=unit')).toBe(true);
    expect(hasPage('#v1=d=p&w=up,p')).toBe(false);
  });
});
