import { describe, expect, it, vi } from 'vitest';
import { Slot, tryAgain } from './slot.svelte';

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('Slot', () => {
  it('keeps the old value until the new one is there, and drops late answers', async () => {
    const slot = new Slot<string>(() => undefined);
    slot.want('a', '1', async () => 'one');
    await settled();
    let late = (_: string): void => undefined;
    slot.want('a', '2', () => new Promise((resolve) => (late = resolve)));
    expect([slot.value, slot.loading]).toEqual(['one', true]);
    slot.want('a', '3', async () => 'three');
    await settled();
    late('two');
    await settled();
    expect([slot.value, slot.loading]).toEqual(['three', false]);
  });

  it('shows what is there early until the whole is, of the newest alone', async () => {
    const arrived = vi.fn();
    const slot = new Slot<string>(() => undefined, arrived);
    let whole = (_: string): void => undefined;
    let tell = (_: string): void => undefined;
    slot.want('a', '1', (_, early) => {
      tell = early;
      return new Promise((resolve) => (whole = resolve));
    });
    tell('part');
    expect([slot.value, slot.loading, arrived.mock.calls.length]).toEqual(['part', true, 0]);
    whole('whole');
    await settled();
    tell('part again');
    expect([slot.value, slot.loading, arrived.mock.calls.length]).toEqual(['whole', false, 1]);
    slot.want('a', '2', async () => 'other');
    tell('part of the old one');
    expect(slot.value).toBe('whole');
  });

  it('empties at once where the old value makes no sense any more', () => {
    const slot = new Slot<string>(() => undefined);
    slot.value = 'old';
    slot.want('b', '1', () => new Promise(() => undefined));
    expect(slot.value).toBeNull();
  });

  it('asks again for what failed only when it is tried again', async () => {
    const failed = vi.fn();
    const load = vi.fn(() => Promise.reject(new Error('no')));
    const slot = new Slot<string>(failed);
    slot.want('a', '1', load);
    await settled();
    slot.want('a', '1', load);
    await settled();
    expect([load.mock.calls.length, failed.mock.calls.length]).toEqual([1, 1]);
    tryAgain();
    slot.want('a', '1', load);
    await settled();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('shows what is incomplete, and asks for it again with what failed', async () => {
    const load = vi.fn((incomplete: () => void) => {
      if (load.mock.calls.length === 1) incomplete();
      return Promise.resolve(`part ${load.mock.calls.length}`);
    });
    const slot = new Slot<string>(() => undefined);
    slot.want('a', '1', load);
    await settled();
    slot.want('a', '1', load);
    await settled();
    expect([slot.value, load.mock.calls.length]).toEqual(['part 1', 1]);
    tryAgain();
    slot.want('a', '1', load);
    await settled();
    expect(slot.value).toBe('part 2');
    tryAgain();
    slot.want('a', '1', load);
    expect(load).toHaveBeenCalledTimes(2);
  });
});
