import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paced } from './address';

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
