import { describe, expect, it, vi } from 'vitest';
import { Lru } from './lru';

describe('Lru', () => {
  it('loads once, and drops what was used least recently', async () => {
    const cache = new Lru<number>(2);
    const load = vi.fn(async () => 1);
    await cache.get('a', load);
    await cache.get('b', load);
    await cache.get('a', load);
    expect(load).toHaveBeenCalledTimes(2);
    await cache.get('c', load);
    expect(cache.size).toBe(2);
    await cache.get('a', load);
    expect(load).toHaveBeenCalledTimes(3);
    await cache.get('b', load);
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('does not keep failures', async () => {
    const cache = new Lru<number>(2);
    await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(cache.get('a', async () => 7)).resolves.toBe(7);
  });
});
